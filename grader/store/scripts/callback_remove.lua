-- id, author or '' -> 1 where there was such an endpoint: it goes with its deliveries, also those that are under way.
local at = redis.call('HMGET', key('callback', ARGV[1]), 'course', 'url')
if not remove_endpoint(ARGV[1]) then
  return 0
end
record(at[1], ARGV[2], 'callback.remove', ARGV[1], '', { url = at[2]:match('^[^?]*') })
return 1
