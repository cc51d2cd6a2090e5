-- lease in ms, 1 if steps of regrades come last -> {kind, id, fencing number} of the job whose turn it is, and the ms of its
-- quick slice if it has only that; nil if none may begin.
-- Submissions come before publications and steps of regrades, and those before units of regrades; steps come last for
-- whoever has just had a turn with one. All but submissions go by place in the queue.
-- Of submissions verified students come before names that were typed: who drops its cookies is another sender with each
-- file. Of these, senders who have none running come before those who have; of these, who has used the fewest whole seconds
-- lately, what runs included; then by place. The slow lane comes behind the quick one: as many at a time as leave one
-- process free.
local LOOKED_AT = 500
local lease, steps_last = tonumber(ARGV[1]), ARGV[2] == '1'
local waiting, slow_waiting = key('waiting', 'interactive'), key('waiting', 'slow')

-- Of the first submissions that wait in a set, the one whose turn comes first. Those that go slowly are put into the slow
-- lane.
local function first_of(set, survey)
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

local function take_submission()
  if redis.call('EXISTS', waiting, slow_waiting) == 0 then
    return nil
  end
  local survey = new_survey()
  local _, slow_running = look_at_running(survey)
  local quick = first_of(waiting, survey)
  if quick then
    return { 'submission', quick.id, take('submission', quick.id, lease), math.floor(1000 * quick.revision.slice) }
  end
  local slow = slow_running < most_slow() and first_of(slow_waiting, survey)
  return slow and { 'submission', slow.id, take('submission', slow.id, lease) }
end

-- The first by place of a queue, of these kinds.
local function take_first(queue, kinds)
  for place = 0, LOOKED_AT do
    local first = redis.call('ZRANGE', key('waiting', queue), place, place)[1]
    if not first then
      return nil
    end
    local kind, id = first:match('^([^:]+):(.+)$')
    local fence = kinds[kind] and take(kind, id, lease)
    if fence then
      return { kind, id, fence }
    end
  end
end

return take_submission()
  or take_first('staff', { publication = true, regrade = not steps_last })
  or take_first('regrade', { unit = true })
  or (steps_last and take_first('staff', { regrade = true }))
  or nil
