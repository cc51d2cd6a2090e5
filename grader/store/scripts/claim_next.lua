-- kind, lease in ms, 1 to go on after another of the kind -> {id, fencing number} of the submission or unit whose turn it
-- is, and the ms of its quick slice if it has only that; nil if none waits, or if whoever goes on with units would keep
-- somebody waiting for an answer: not a regrade, which has had its turn.
-- Units go by place in the queue. Of submissions verified students come before names that were typed: who drops its cookies
-- is another sender with each file. Of these, senders who have none running come before those who have; of these, who has
-- used the fewest whole seconds lately, what runs included; then by place. The slow lane comes behind all others: as many
-- at a time as leave one process free.
local LOOKED_AT = 500
local kind, lease = ARGV[1], tonumber(ARGV[2])
local waiting, slow_waiting = key('waiting', QUEUES[kind]), key('waiting', 'slow')

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

if redis.call('EXISTS', waiting) == 0 and (kind == 'unit' or redis.call('EXISTS', slow_waiting) == 0) then
  -- Workers that went on have left messages about nothing: none of them need be looked at.
  redis.call('DEL', CELERY .. QUEUES[kind])
  return nil
end
if kind == 'unit' then
  if ARGV[3] == '1' and somebody_waits() then
    return nil
  end
  for place = 0, LOOKED_AT do
    local first = redis.call('ZRANGE', waiting, place, place)[1]
    local id = first and first:match('^unit:(.+)$')
    local fence = id and take(kind, id, lease)
    if fence or not first then
      return fence and { id, fence } or nil
    end
  end
  return nil
end

local survey = new_survey()
local _, slow_running = look_at_running(survey)

-- Of the first that wait in a set, the one whose turn comes first. Those that go slowly are put into the slow lane.
local function first_of(set)
  local chosen, first
  for place, each in ipairs(redis.call('ZRANGE', set, 0, LOOKED_AT - 1)) do
    local id = each:match('^submission:(.+)$')
    local submission = id and look_at(id, 'queued', survey)
    local turn = submission and turn_of(submission, place)
    if turn and turn[1] == 1 and set == waiting then
      make_slow(id)
    elseif turn and (not first or comes_before(turn, first)) then
      chosen, first = submission, turn
      if turn[2] == 0 and turn[3] == 0 then
        break
      end
    end
  end
  return chosen
end

local quick = first_of(waiting)
if quick then
  return { quick.id, take('submission', quick.id, lease), math.floor(1000 * quick.revision.slice) }
end
local slow = slow_running < most_slow() and first_of(slow_waiting)
return slow and { slow.id, take('submission', slow.id, lease) } or nil
