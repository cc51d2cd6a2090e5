-- ms ahead of the clock, id, author or '' -> the delivery of a test message, or nil where there is no such notification, or
-- it is disabled.
local at = redis.call('HMGET', key('callback', ARGV[2]), 'course', 'disabled')
if not at[1] or at[2] then
  return nil
end
record(at[1], ARGV[3], 'notification.test', ARGV[2])
return deliver(ARGV[2], 'notification.test', '', now() + ARGV[1], tonumber(ARGV[1]))
