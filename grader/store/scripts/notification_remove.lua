-- id, author or '' -> 1 where there was such a notification: it goes with its deliveries, also those that are under way.
local at = redis.call('HMGET', key('callback', ARGV[1]), 'course', 'url', 'shown')
if not remove_notification(ARGV[1]) then
  return 0
end
record(at[1], ARGV[2], 'notification.remove', ARGV[1], '', { url = (at[3] or at[2]):match('^%a+://[^/?]*') })
return 1
