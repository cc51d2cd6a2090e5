-- kind, lease in ms, 1 to go on after another of the kind -> {id, fencing number} of the submission or unit whose turn it
-- is, or nil if none waits, or if whoever goes on with units would keep somebody waiting for an answer: not a regrade,
-- which has had its turn.
-- Units go by place in the queue. Of submissions it is an order, not a cap: as long as anything waits, whoever asks is
-- given something. First come senders who have none running, then those who have; of these who has used the fewest
-- seconds lately, what runs included; then by place in the queue.
local LOOKED_AT = 1000
local kind, lease = ARGV[1], tonumber(ARGV[2])

local function somebody_waits()
  if redis.call('EXISTS', key('waiting', 'interactive')) == 1 then
    return true
  end
  for _, each in ipairs(redis.call('ZRANGE', key('waiting', 'staff'), 0, -1)) do
    if each:sub(1, 8) ~= 'regrade:' then
      return true
    end
  end
  return false
end

if redis.call('ZCARD', waiting_key(kind)) == 0 then
  -- Workers that went on have left messages about nothing: none of them need be looked at.
  redis.call('DEL', CELERY .. QUEUES[kind])
  return nil
end
if kind == 'unit' then
  if ARGV[3] == '1' and somebody_waits() then
    return nil
  end
  for place = 0, LOOKED_AT do
    local first = redis.call('ZRANGE', waiting_key(kind), place, place)[1]
    local id = first and first:match('^unit:(.+)$')
    local fence = id and take(kind, id, lease)
    if fence or not first then
      return fence and { id, fence } or nil
    end
  end
  return nil
end

local known = {}
look_at_running(known)
local chosen, first
for place, each in ipairs(redis.call('ZRANGE', waiting_key('submission'), 0, LOOKED_AT - 1)) do
  local id = each:match('^submission:(.+)$')
  local waiting = id and look_at(id, 'queued', known)
  local turn = waiting and { waiting.sender.running, waiting.sender.used, place }
  if turn and (not first or comes_before(turn, first)) then
    chosen, first = id, turn
  end
  if turn and turn[1] == 0 and turn[2] == 0 then
    break
  end
end
return chosen and { chosen, take('submission', chosen, lease) } or nil
