-- ms ahead of the clock, delivery, fence, delivered|retry|drop|gone, HTTP status or '', what went wrong, ms to wait,
-- ms from its creation after which it is given up, ms for which its end is remembered, successes that are remembered
-- -> pending|delivered|failed, or nil where it was not this attempt's to conclude.
local time, id, how, status, wrong = now() + ARGV[1], ARGV[2], ARGV[4], ARGV[5], ARGV[6]
local delivery = key('delivery', id)
local at = redis.call('HMGET', delivery, 'state', 'fence', 'endpoint', 'created')
if at[1] ~= 'pending' or at[2] ~= ARGV[3] then
  return nil
end
local notification, kept = key('callback', at[3]), ARGV[9]
local waiting, held = key('deliveries', 'waiting', at[3]), key('deliveries', 'held', at[3])

local function finish(each, state)
  local list = key('deliveries', state, at[3])
  redis.call('HSET', key('delivery', each), 'state', state, 'ended', whole(time))
  redis.call('HDEL', key('delivery', each), 'due')
  redis.call('PEXPIRE', key('delivery', each), kept)
  redis.call('ZREM', waiting, each)
  redis.call('ZREM', held, each)
  redis.call('ZREM', key('deliveries', 'pending', at[3]), each)
  redis.call('ZADD', list, redis.call('HGET', key('delivery', each), 'created'), each)
  redis.call('PEXPIRE', list, kept)
end

local state = 'pending'
local last = math.floor(tonumber(at[4])) + ARGV[8]
redis.call('HSET', delivery, 'status', status, 'error', wrong)
count('callbacks:' .. how)
redis.call('ZREM', held, id)
if how == 'delivered' then
  redis.call('HSET', notification, 'failures', 0)
  state = 'delivered'
elseif how == 'retry' then
  redis.call('HINCRBY', notification, 'failures', 1)
  if time >= last then
    state = 'failed'
  else
    -- The last try is made when the time is up, however long the next pause would be.
    local due = whole(math.min(time + ARGV[7], last))
    redis.call('HSET', delivery, 'due', due, 'wait', whole(due - time))
    redis.call('ZADD', waiting, due, id)
  end
else
  state = 'failed'
end
if state ~= 'pending' then
  finish(id, state)
end
if how == 'gone' then
  redis.call('HSET', notification, 'disabled', whole(time), 'reason', wrong)
  for _, each in ipairs(redis.call('ZRANGE', waiting, 0, -1)) do
    redis.call('HSET', key('delivery', each), 'error', 'not sent: ' .. wrong)
    finish(each, 'failed')
  end
end

local old = redis.call('ZRANGE', key('deliveries', 'delivered', at[3]), 0, -1 - tonumber(ARGV[10]))
for _, each in ipairs(old) do
  redis.call('DEL', key('delivery', each))
  redis.call('ZREM', key('deliveries', 'delivered', at[3]), each)
end
-- Those whose hashes have expired: created at the latest before they were remembered for that long.
redis.call('ZREMRANGEBYSCORE', key('deliveries', 'failed', at[3]), '-inf', whole(time - kept - 2 * ARGV[8]))

local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
if first then
  redis.call('ZADD', 'bm:notifications:due', first, at[3])
else
  redis.call('ZREM', 'bm:notifications:due', at[3])
end
return state
