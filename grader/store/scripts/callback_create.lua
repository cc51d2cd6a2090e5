-- id, course, url, events, secret, most of a course, author or '' -> ms of its creation, or nil where the course has as many already.
local id, course, all = ARGV[1], ARGV[2], key('callbacks', ARGV[2])
if redis.call('ZCARD', all) >= tonumber(ARGV[6]) then
  return nil
end
local created = moment()
redis.call('ZADD', all, created, id)
redis.call('HSET', key('callback', id), 'course', course, 'url', ARGV[3], 'events', ARGV[4], 'secret', ARGV[5],
  'created', created, 'failures', 0)
record(course, ARGV[7], 'callback.create', id, '', { url = ARGV[3]:match('^[^?]*') })
return created
