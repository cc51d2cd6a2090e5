-- id -> 1 where there was such an endpoint: it goes with its deliveries, also those that are under way.
local id, endpoint = ARGV[1], key('callback', ARGV[1])
local course = redis.call('HGET', endpoint, 'course')
if not course then
  return 0
end
for _, state in ipairs({ 'pending', 'delivered', 'failed' }) do
  local list = key('deliveries', state, id)
  for _, each in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    redis.call('DEL', key('delivery', each))
  end
  redis.call('DEL', list)
end
redis.call('DEL', endpoint, key('deliveries', 'waiting', id), key('deliveries', 'held', id))
redis.call('ZREM', 'bm:deliveries:due', id)
redis.call('ZREM', key('callbacks', course), id)
return 1
