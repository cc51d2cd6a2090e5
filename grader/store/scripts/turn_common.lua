-- What scripts about turns share: the seconds that senders have used, and the two lanes of submissions. Stands before
-- each script, after common.lua.

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

-- What is known of senders and revisions, read once for a script.
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

-- A submission came to a verdict in so many seconds. Of each sender the last one counts, so that nobody alone decides what
-- is usual; four digits tell senders apart, and identify none.
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
