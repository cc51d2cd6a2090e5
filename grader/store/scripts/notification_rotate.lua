-- ms ahead of the clock, id, secret, ms for which the old one signs along, author or '' -> 1 where there is such a
-- notification with a secret.
local notification = key('callback', ARGV[2])
local old = redis.call('HGET', notification, 'secret')
if not old or old == '' then
  return 0
end
redis.call('HSET', notification, 'secret', ARGV[3])
if tonumber(ARGV[4]) > 0 then
  redis.call('HSET', notification, 'previous', old, 'previous_until', whole(now() + ARGV[1] + ARGV[4]))
else
  redis.call('HDEL', notification, 'previous', 'previous_until')
end
record(redis.call('HGET', notification, 'course'), ARGV[5], 'notification.rotate', ARGV[2])
return 1
