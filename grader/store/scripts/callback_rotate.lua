-- ms ahead of the clock, id, secret, ms for which the old one signs along, author or '' -> 1 where there is such an endpoint.
local endpoint = key('callback', ARGV[2])
local old = redis.call('HGET', endpoint, 'secret')
if not old then
  return 0
end
redis.call('HSET', endpoint, 'secret', ARGV[3])
if tonumber(ARGV[4]) > 0 then
  redis.call('HSET', endpoint, 'previous', old, 'previous_until', whole(now() + ARGV[1] + ARGV[4]))
else
  redis.call('HDEL', endpoint, 'previous', 'previous_until')
end
record(redis.call('HGET', endpoint, 'course'), ARGV[5], 'callback.rotate', ARGV[2])
return 1
