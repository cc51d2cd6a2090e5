-- ms ahead of the clock, most at once, most of one platform at a time, ms of a lease
-- -> {JSON of the line item, student, fence, ms of the timestamp, what was sent last
-- or '', the submission that the gradebook shows or '', 1 if nothing was ever sent, tries before, failures of the platform}
local time, limit = now() + ARGV[1], tonumber(ARGV[2])
local most, lease, answer = tonumber(ARGV[3]), whole(now() + ARGV[1] + ARGV[4]), {}

-- If the clock was set back, scores seem to be due later than they were put off for: their `wait` starts anew.
for _, platform in ipairs(redis.call('ZRANGEBYSCORE', 'bm:scores:due', '(' .. whole(time), '+inf', 'LIMIT', 0, 1000)) do
  local waiting, held, state = scores_waiting(platform), scores_held(platform), key('scores', 'platform', platform)
  for _, list in ipairs({ redis.call('ZRANGE', held, 0, -1, 'WITHSCORES'),
    redis.call('ZRANGE', waiting, 0, 15, 'WITHSCORES') }) do
    for i = 1, #list, 2 do
      local wait = tonumber(get(score_key(score_parts(list[i])), 'wait') or '0')
      if too_late(time, tonumber(list[i + 1]), wait) then
        redis.call('ZADD', waiting, 'XX', whole(time + wait), list[i])
        redis.call('ZADD', held, 'XX', whole(time + wait), list[i])
        redis.call('ZADD', 'bm:scores:due', 'LT', whole(time + wait), platform)
      end
    end
  end
  local pause = redis.call('HMGET', state, 'hold', 'hold_for')
  if pause[1] and too_late(time, tonumber(pause[1]), tonumber(pause[2])) then
    redis.call('HSET', state, 'hold', whole(time + pause[2]))
  end
end

for _, platform in ipairs(redis.call('ZRANGEBYSCORE', 'bm:scores:due', '-inf', whole(time), 'LIMIT', 0, limit)) do
  local waiting, held = scores_waiting(platform), scores_held(platform)
  local at = redis.call('HMGET', key('scores', 'platform', platform), 'failures', 'hold')
  local hold = tonumber(at[2] or '0')
  redis.call('ZREMRANGEBYSCORE', held, '-inf', whole(time))
  -- A platform that fails is tried with one score at a time: it may be slow, and its threads are others' too.
  local places = tonumber(at[1] or '0') > 0 and 1 or most
  local free = math.min(places - redis.call('ZCARD', held), limit - #answer)
  if free > 0 and hold <= time then
    for _, each in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', whole(time), 'LIMIT', 0, free)) do
      local item, student = score_parts(each)
      local score = score_key(item, student)
      local was = redis.call('HMGET', score, 'generation', 'stamp', 'sent', 'shown', 'touched', 'tries')
      -- Later than every timestamp before, by a second: Moodle compares whole ones.
      local stamp = whole(math.max(time, tonumber(was[2] or '0') + 1000))
      local fence = moment()
      -- Until it is known what became of this post, the gradebook may hold one or the other.
      redis.call('HDEL', score, 'sent', 'forced')
      redis.call('HSET', score, 'holder', fence, 'claimed', was[1], 'stamp', stamp, 'touched', 1, 'wait', ARGV[4])
      redis.call('HINCRBY', score, 'tries', 1)
      redis.call('ZADD', waiting, lease, each)
      redis.call('ZADD', held, lease, each)
      table.insert(answer, { redis.call('GET', key('line-item', item)), student, fence, stamp, was[3] or '',
        was[4] or '', was[5] and 0 or 1, was[6], at[1] or 0 })
    end
  end
  -- Behind the platforms that are due now, also by a millisecond, so that each gets its turn.
  local next_turn = math.max(time + 1, hold)
  if redis.call('ZCARD', held) >= places then
    -- Full: looked at again when one is concluded, or loses its lease.
    next_turn = tonumber(redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')[2])
  end
  set_scores_due(platform, next_turn)
end
return answer
