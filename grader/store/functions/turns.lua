-- Turns: the seconds that senders have used, the two lanes of submissions, and whose job is next.

-- Seconds used count half after so many ms, and are forgotten after so many: then a four-thousandth of them is left.
local HALVED, FORGOTTEN = 600000, 7200000
-- A submission's quick slice: so many times the usual seconds of its revision, and so many at least. A sender who has
-- used so many slices lately gets none.
local SLICE, LEAST, SLICES = 3, 1, 3
-- Usual is the median of so many gradings, one of a sender, which are remembered for so many ms: 30 days.
local GRADINGS, REMEMBERED = 15, 2592000000

-- The seconds of gradings that a sender's submissions used lately, and those that the last one took, or nil.
local function seconds_used(sender, time)
  local at = redis.call('HMGET', key('used', sender), 'seconds', 'at', 'last')
  local used = at[1] and tonumber(at[1]) * 0.5 ^ (math.max(0, time - tonumber(at[2])) / HALVED) or 0
  return used, tonumber(at[3])
end

-- The usual seconds of a revision's gradings, or nil before the first.
local function usual(revision)
  local gradings = {}
  for _, each in ipairs(redis.call('LRANGE', key('usual', revision), 0, -1)) do
    table.insert(gradings, tonumber(each:match('^%S+')))
  end
  table.sort(gradings)
  return gradings[math.ceil(#gradings / 2)]
end

-- What is known of senders and revisions, read once for a call.
local function new_survey()
  return { senders = {}, revisions = {}, time = now() }
end

local function sender_of(name, survey)
  local sender = survey.senders[name]
  if not sender then
    local used, last = seconds_used(name, survey.time)
    sender = { used = used, last = last, running = 0 }
    survey.senders[name] = sender
  end
  return sender
end

local function revision_of(name, survey)
  local revision = survey.revisions[name]
  if not revision then
    local seconds = usual(name)
    revision = { usual = seconds, slice = math.max(LEAST, SLICE * (seconds or 0)) }
    survey.revisions[name] = revision
  end
  return revision
end

-- A running or waiting submission with its sender and its revision; nil if it is in another state. A name that was
-- typed has the browser in it.
local function look_at(id, state, survey)
  local at = redis.call('HMGET', 'bm:submission:' .. id, 'state', 'student', 'sender', 'started', 'lane', 'revision',
    'limit')
  if at[1] ~= state then
    return nil
  end
  local sender, revision = sender_of(at[3], survey), revision_of(at[6], survey)
  local elapsed = state == 'running' and math.max(0, survey.time - tonumber(at[4])) / 1000 or 0
  if state == 'running' then
    -- What it took so far is used, whatever its end says.
    sender.used, sender.running = sender.used + elapsed, 1
  end
  return { id = id, sender = sender, revision = revision, elapsed = elapsed, limit = tonumber(at[7]),
    slow = at[5] == 'slow', typed = at[2]:find('!', 1, true) and 1 or 0 }
end

-- The submissions that run, and the number of those in the slow lane.
local function look_at_running(survey)
  local found, slow = {}, 0
  for _, each in ipairs(redis.call('ZRANGE', 'bm:leases', 0, -1)) do
    local id = each:match('^submission:(.+)$')
    local submission = id and look_at(id, 'running', survey)
    table.insert(found, submission)
    slow = slow + (submission and submission.slow and 1 or 0)
  end
  return found, slow
end

-- How many processes grade, of workers that reported lately.
local function processes()
  local number = 0
  for _, name in ipairs(redis.call('SMEMBERS', 'bm:workers')) do
    local report = redis.call('GET', key('worker', name))
    local worker = report and cjson.decode(report)
    number = number + (worker and worker.role == 'worker' and worker.jail and worker.concurrency or 0)
  end
  return number
end

-- How many processes the slow lane may have at a time: never the last one, unless it is the only one.
local function most_slow()
  return math.max(1, processes() - 1)
end

-- Whether a submission goes without a slice: it used that up, or its sender has used several lately.
local function goes_slowly(submission)
  return submission.slow or submission.sender.used >= SLICES * submission.revision.slice
end

-- The turn of a waiting submission at its place in its set: the least is the first. The first number is its lane.
local function turn_of(submission, place)
  local slow = goes_slowly(submission) and 1 or 0
  return { slow, 2 * submission.typed + submission.sender.running, math.floor(submission.sender.used), place }
end

-- Whether a turn comes before another: the first number in which they differ decides.
local function comes_before(turn, other)
  for i, number in ipairs(turn) do
    if number ~= other[i] then
      return number < other[i]
    end
  end
  return false
end

local function name_of_sender(id)
  local at = redis.call('HMGET', job_key('submission', id), 'course', 'student', 'sender')
  return at[3] or at[1] .. ':' .. at[2]
end

-- A submission came to a verdict in so many seconds. Of each sender the last one counts, so that nobody alone decides
-- what is usual; four digits tell senders apart, and identify none.
local function note_usual(id, seconds)
  local gradings = key('usual', get(job_key('submission', id), 'revision'))
  local digits = redis.sha1hex(name_of_sender(id)):sub(1, 4)
  for _, each in ipairs(redis.call('LRANGE', gradings, 0, -1)) do
    if each:sub(-4) == digits then
      redis.call('LREM', gradings, 0, each)
    end
  end
  redis.call('LPUSH', gradings, string.format('%.4f %s', seconds, digits))
  redis.call('LTRIM', gradings, 0, GRADINGS - 1)
  redis.call('PEXPIRE', gradings, REMEMBERED)
end

-- A grading of a submission took so many seconds; it came to its end if `ended`.
local function book(id, seconds, ended)
  local sender = name_of_sender(id)
  local used = key('used', sender)
  redis.call('HSET', used, 'seconds', string.format('%.4f', seconds_used(sender, now()) + seconds), 'at', whole(now()))
  redis.call('PEXPIRE', used, FORGOTTEN)
  if ended then
    redis.call('HSET', used, 'last', string.format('%.4f', seconds))
  end
  -- Of the rate of seconds, whose window opened when it was accepted.
  local share = key('seconds', sender)
  if redis.call('EXISTS', share) == 1 then
    redis.call('INCRBY', share, math.ceil(1000 * seconds))
  end
end

-- A waiting submission goes on waiting in the slow lane, at the place that it had.
local function make_slow(id)
  redis.call('ZREM', key('waiting', 'interactive'), member('submission', id))
  redis.call('HSET', job_key('submission', id), 'lane', 'slow')
  redis.call('ZADD', key('waiting', 'slow'), get(job_key('submission', id), 'queued'), member('submission', id))
end

-- `lease` in ms, `steps_last` if steps of regrades come last -> {kind, id, fencing number} of the job whose turn it is,
-- and the ms of its quick slice if it has only that; nil if none may begin. Submissions come before publications and
-- steps of regrades, and those before units of regrades; steps come last for whoever has just had a turn with one. All
-- but submissions go by place in the queue. Of submissions verified students come before names that were typed: who
-- drops its cookies is another sender with each file. Of these, senders who have none running come before those who
-- have; of these, who has used the fewest whole seconds lately, what runs included; then by place. The slow lane comes
-- behind the quick one: as many at a time as leave one process free.
writes('claim_next', function(given)
  local LOOKED_AT = 500
  local lease, steps_last = given.lease, given.steps_last
  local waiting, slow_waiting = key('waiting', 'interactive'), key('waiting', 'slow')

  -- Of the first submissions that wait in a set, the one whose turn comes first. Those that go slowly are put into the
  -- slow lane.
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
end)

-- `kind`, `id` -> how many jobs are ahead, and the ms until its end, or -1 if that is unknown; nil if it does not wait.
reads('place', function(given)
  local LOOKED_AT = 100
  local kind, id = given.kind, given.id
  local rank = redis.call('ZRANK', waiting_key(kind, id), member(kind, id))
  if not rank or kind ~= 'submission' then
    return rank and { rank, -1 } or nil
  end
  local survey = new_survey()
  local running = look_at_running(survey)
  local mine = look_at(id, 'queued', survey)
  local turn, number = turn_of(mine, rank + 1), processes()
  local lane = turn[1]

  -- The seconds that a submission takes: as many as its sender's last one if that took more than a slice, else as is
  -- usual: a wrong file takes longer than a right one, which may be nothing that its sender is to know. In the quick
  -- lane that is a slice at most. What used up a slice takes all that it may.
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
end)
