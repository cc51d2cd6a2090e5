-- kind, id -> how many jobs are ahead, and the ms until its end, or -1 if that is unknown; nil if it does not wait.
local LOOKED_AT = 100
local kind, id = ARGV[1], ARGV[2]
local rank = redis.call('ZRANK', waiting_key(kind, id), member(kind, id))
if not rank or kind ~= 'submission' then
  return rank and { rank, -1 } or nil
end
local survey = new_survey()
local running = look_at_running(survey)
local mine = look_at(id, 'queued', survey)
local turn, number = turn_of(mine, rank + 1), processes()
local lane = turn[1]

-- The seconds that a submission takes: as many as its sender's last one if that took more than a slice, else as is usual:
-- a wrong file takes longer than a right one, which may be nothing that its sender is to know. In the quick lane that is
-- a slice at most. What used up a slice takes all that it may.
local function expected(submission, slow)
  local last, slice = submission.sender.last or 0, submission.revision.slice
  local seconds = last > slice and last or submission.revision.usual or slice
  return submission.limit or (slow and seconds or math.min(seconds, slice))
end

-- What is left of one that runs: if it took longer than expected already, its whole slice.
local function left_of(submission)
  local seconds = expected(submission, submission.slow)
  if submission.elapsed >= seconds then
    seconds = math.max(seconds, submission.revision.slice)
  end
  return math.max(0, seconds - submission.elapsed)
end

-- Those ahead, and their seconds by lane. Of those that are not looked at, all that were handed in before are ahead.
local ahead = math.max(0, rank - LOOKED_AT)
local seconds = { [0] = 0, [1] = 0 }
seconds[lane] = ahead * expected(mine, lane == 1)
for _, set in ipairs({ 'interactive', 'slow' }) do
  for place, each in ipairs(redis.call('ZRANGE', key('waiting', set), 0, LOOKED_AT - 1)) do
    local other = each ~= member('submission', id) and look_at(each:match(':(.+)$'), 'queued', survey)
    local its = other and turn_of(other, place)
    if its and comes_before(its, turn) then
      ahead, seconds[its[1]] = ahead + 1, seconds[its[1]] + expected(other, its[1] == 1)
    end
  end
end
if number == 0 or not (mine.limit or mine.revision.usual) then
  return { ahead, -1 }
end

-- The slow lane has fewer processes, and waits for all that is quick.
local own = lane == 1 and most_slow() or number
local busy, left, least = 0, 0, math.huge
for _, each in ipairs(running) do
  if each.slow or lane == 0 or number == 1 then
    busy, left, least = busy + 1, left + left_of(each), math.min(least, left_of(each))
  end
end
local wait = lane == 1 and seconds[0] / number or 0
if busy >= own then
  wait = wait + math.max(least, (left + seconds[lane]) / own)
elseif busy + ahead >= own then
  wait = wait + (left + seconds[lane]) / own
end
return { ahead, math.floor(1000 * (wait + expected(mine, lane == 1))) }
