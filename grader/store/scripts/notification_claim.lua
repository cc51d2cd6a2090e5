-- ms ahead of the clock, most at once, most of one notification at a time, ms of a lease -> {delivery, fence, url, secret,
-- the old secret while it signs along, event, subject, ms of the event, attempt, kind, course}
local time, limit = now() + ARGV[1], tonumber(ARGV[2])
local most, lease, answer = tonumber(ARGV[3]), whole(now() + ARGV[1] + ARGV[4]), {}

-- If the clock was set back, deliveries seem to be due later than they were put off for: their `wait` starts anew.
-- Of a notification that is not due, those are looked at that are under way or come first.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:notifications:due', '(' .. whole(time), '+inf', 'LIMIT', 0, 1000)) do
  local waiting, held = key('deliveries', 'waiting', id), key('deliveries', 'held', id)
  for _, list in ipairs({ redis.call('ZRANGE', held, 0, -1, 'WITHSCORES'),
    redis.call('ZRANGE', waiting, 0, 15, 'WITHSCORES') }) do
    for i = 1, #list, 2 do
      local each, delivery = list[i], key('delivery', list[i])
      local wait = tonumber(get(delivery, 'wait') or ARGV[4])
      if too_late(time, tonumber(list[i + 1]), wait) then
        local due = whole(time + wait)
        redis.call('ZADD', waiting, 'XX', due, each)
        redis.call('ZADD', held, 'XX', due, each)
        if get(delivery, 'due') then
          redis.call('HSET', delivery, 'due', due)
        end
        redis.call('ZADD', 'bm:notifications:due', 'LT', due, id)
      end
    end
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:notifications:due', '-inf', whole(time), 'LIMIT', 0, limit)) do
  local at = redis.call('HMGET', key('callback', id), 'url', 'secret', 'previous', 'previous_until', 'failures', 'kind',
    'course')
  local waiting, held = key('deliveries', 'waiting', id), key('deliveries', 'held', id)
  redis.call('ZREMRANGEBYSCORE', held, '-inf', whole(time))
  -- One that fails is tried one at a time: it may be slow, and its threads are others' too.
  local places = tonumber(at[5] or '0') > 0 and 1 or most
  local free = math.min(places - redis.call('ZCARD', held), limit - #answer)
  if free > 0 then
    for _, each in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', whole(time), 'LIMIT', 0, free)) do
      local delivery = key('delivery', each)
      local fence = redis.call('HINCRBY', delivery, 'fence', 1)
      local attempt = redis.call('HINCRBY', delivery, 'attempts', 1)
      redis.call('HSET', delivery, 'wait', ARGV[4])
      redis.call('ZADD', waiting, lease, each)
      redis.call('ZADD', held, lease, each)
      local old = at[4] and tonumber(at[4]) > time and at[3] or ''
      local about = redis.call('HMGET', delivery, 'event', 'submission', 'at')
      table.insert(answer, { each, fence, at[1], at[2], old, about[1], about[2], about[3], attempt, at[6],
        at[7] })
    end
  end
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
  if not first then
    redis.call('ZREM', 'bm:notifications:due', id)
  elseif redis.call('ZCARD', held) >= places then
    -- Full: looked at again when one is concluded, or loses its lease.
    redis.call('ZADD', 'bm:notifications:due', redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')[2], id)
  else
    redis.call('ZADD', 'bm:notifications:due', first, id)
  end
end
return answer
