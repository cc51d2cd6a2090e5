-- ms ahead of the clock, line item, student, fence, sent|same|nothing|retry|failed|gone, 1 if nothing reached the platform,
-- what was sent last or '', the submission that the gradebook shows or '', 1 if nothing was ever sent before, HTTP
-- status or '', reason or '', its details, ms to wait, ms after the change at which it is given up, ms for which the
-- platform is left alone, 1 if the platform failed -> waiting|sent|nothing|failed, or nil if it was not this claim's to
-- conclude.
local time, item, student, how = now() + ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local score, each = score_key(item, student), score_member(item, student)
local at = redis.call('HMGET', score, 'holder', 'generation', 'claimed', 'since', 'forced')
if at[1] ~= ARGV[4] then
  return nil
end
local line = line_item(item)
local platform = line.platform
local waiting, changed_since = scores_waiting(platform), at[2] ~= at[3]
local due, state = time, how == 'same' and 'sent' or how
redis.call('HDEL', score, 'holder')
redis.call('ZREM', scores_held(platform), each)
count('scores:' .. how)
if ARGV[6] == '1' and ARGV[9] == '1' then
  redis.call('HDEL', score, 'touched')
end
if (ARGV[6] == '1' or how == 'sent') and ARGV[7] ~= '' and not at[5] then
  redis.call('HSET', score, 'sent', ARGV[7])
end
if how == 'sent' then
  redis.call('HSET', score, 'shown', ARGV[8], 'posted', whole(time))
elseif how == 'retry' then
  local last = tonumber(at[4]) + ARGV[14]
  state = time >= last and 'failed' or 'waiting'
  -- The last try is made when the time is up, however long the next pause would be.
  due = math.min(time + ARGV[13], last)
end
if how == 'gone' then
  set_gone(line, time / 1000)
  state = 'nothing'
end
if changed_since then
  state = 'waiting'
else
  redis.call('HSET', score, 'status', ARGV[10], 'reason', ARGV[11], 'detail', ARGV[12])
end
redis.call('HSET', score, 'state', state)
if state == 'waiting' then
  redis.call('HSET', score, 'wait', whole(math.max(0, due - time)))
  redis.call('ZADD', waiting, whole(due), each)
else
  redis.call('ZREM', waiting, each)
end

local about = key('scores', 'platform', platform)
if ARGV[16] == '1' then
  redis.call('HINCRBY', about, 'failures', 1)
  redis.call('HSET', about, 'hold', whole(time + ARGV[15]), 'hold_for', ARGV[15], 'failed_at', whole(time),
    'status', ARGV[10], 'detail', ARGV[12])
elseif ARGV[6] ~= '1' then
  redis.call('DEL', about)
end
set_scores_due(platform, time)
return state
