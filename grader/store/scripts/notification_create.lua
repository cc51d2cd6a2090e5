-- id, course, kind, url, what of it may be shown, events, secret or '', most of a course, author or '' -> ms of its
-- creation, or nil where the course has as many already.
local id, course, all = ARGV[1], ARGV[2], key('callbacks', ARGV[2])
if redis.call('ZCARD', all) >= tonumber(ARGV[8]) then
  return nil
end
local created = moment()
redis.call('ZADD', all, created, id)
redis.call('HSET', key('callback', id), 'course', course, 'kind', ARGV[3], 'url', ARGV[4], 'shown', ARGV[5],
  'sends', ARGV[6], 'secret', ARGV[7], 'created', created, 'failures', 0)
know_course(course)
record(course, ARGV[9], 'notification.create', id, '', { kind = ARGV[3], url = ARGV[5]:match('^%a+://[^/?]*') })
return created
