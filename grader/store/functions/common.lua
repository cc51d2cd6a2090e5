-- What all functions share. One Redis, not a cluster: keys are made here from what is stored.

local QUEUES = { submission = 'interactive', unit = 'regrade', publication = 'staff', regrade = 'staff' }
-- Nudges that are due for what a call puts into the queues: whoever made it sends them. A process that was nudged goes
-- on until nothing waits, so that in a queue which was empty no more than the first of so many need one.
local MOST_NUDGES, nudges = 64, 0
local SECONDS = { 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300 }
-- What regrades do about it, in regrade_common.lua: one of their units ended, a submission goes.
local unit_ended, forget
-- A submission into the lists of its state and outcome, in submission_common.lua.
local relist

local function part(text)
  return (text:gsub('%%', '%%25'):gsub(':', '%%3A'))
end

local function key(...)
  local parts = { ... }
  for i, each in ipairs(parts) do
    parts[i] = part(each)
  end
  return 'bm:' .. table.concat(parts, ':')
end

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function whole(number)
  return string.format('%.0f', number)
end

-- Whether a time that was set to `most` ms ahead lies further ahead than that: since then the clock was set back.
local function too_late(time, at, most)
  return at > time + most
end

-- A moment in milliseconds with three digits behind the point, later than every one before: nothing is created twice at
-- one time, also where the clock was set back.
local function moment()
  local time = redis.call('TIME')
  local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local last = tonumber(redis.call('GET', 'bm:moment') or '0')
  if micros <= last then
    micros = last + 1
  end
  redis.call('SET', 'bm:moment', whole(micros))
  return string.format('%.0f.%03d', math.floor(micros / 1000), micros % 1000)
end

local function count(field, by)
  redis.call('HINCRBY', 'bm:counters', field, by or 1)
end

-- One more in a histogram; a bucket counts what is above the one before and up to its own bound.
local function observe(name, seconds)
  local bound = '+Inf'
  for _, each in ipairs(SECONDS) do
    if seconds <= each then
      bound = tostring(each)
      break
    end
  end
  count(name .. ':bucket:' .. bound)
  count(name .. ':count')
  count(name .. ':milliseconds', math.floor(seconds * 1000 + 0.5))
end

local function tell(id, state)
  redis.call('PUBLISH', key('changes', id), cjson.encode({ state = state }))
end

-- For notifications: an event, and the id of the submission or the regrade that it is about.
local function notify(event, subject, course)
  local entry = { event = event, submission = subject, course = course, at = now() }
  redis.call('RPUSH', 'bm:outbox', cjson.encode(entry))
end

-- Whether staff hold back the verdicts of an assignment.
local function is_held_back(course, assignment)
  local policy = redis.call('HGET', key('policies', course), assignment)
  return policy and cjson.decode(policy).held_back == true
end

-- For notifications: a submission has a verdict, or another one. While verdicts are held back that is no event, since
-- its time would tell how long grading took. What was refused is no attempt, and is known at once.
local function notify_verdict(event, id)
  local at = redis.call('HMGET', key('submission', id), 'course', 'assignment', 'outcome')
  if at[3] == 'rejected' or not is_held_back(at[1], at[2]) then
    notify(event, id, at[1])
  end
end

-- Verdicts of an assignment came, went or changed, or there is one less or more to grade again: a regrade of it that is
-- asked for again is another one now.
local function changed(course, assignment)
  redis.call('HINCRBY', key('verdicts-changed', course), assignment, 1)
end

local function job_key(kind, id)
  return key(kind, id)
end

local function member(kind, id)
  return kind .. ':' .. id
end

-- The set in which a job waits, by place. Submissions in the slow lane have one of their own beside their queue's.
local function waiting_key(kind, id)
  local slow = kind == 'submission' and redis.call('HGET', job_key(kind, id), 'lane') == 'slow'
  return key('waiting', slow and 'slow' or QUEUES[kind])
end

-- The first of these shares, [key, cost, most, ms] each, that has no room for its cost, and the ms until it starts
-- anew; nil if all have room.
local function used_up(shares)
  for i, share in ipairs(shares) do
    -- It would end later than one that begins now: the clock was set back, and it starts anew.
    if redis.call('PTTL', share[1]) > share[4] then
      redis.call('DEL', share[1])
    end
    if tonumber(redis.call('GET', share[1]) or '0') + share[2] > share[3] then
      return i, redis.call('PTTL', share[1])
    end
  end
end

local function spend(shares)
  for _, share in ipairs(shares) do
    if redis.call('INCRBY', share[1], share[2]) == share[2] then
      redis.call('PEXPIRE', share[1], share[4])
    end
  end
end

-- One request counts against a share -> the ms until the share starts anew if it is used up, else 0.
local function count_request(share)
  local _, starts_anew = used_up({ share })
  if not starts_anew then
    spend({ share })
  end
  return starts_anew or 0
end

local function get(job, field)
  return redis.call('HGET', job, field) or nil
end

local function pending_key(job)
  local at = redis.call('HMGET', job, 'course', 'assignment', 'student')
  return key('pending', at[1], at[2], at[3])
end

-- Whether the job runs under that fencing number: only then may whoever holds the number conclude it.
local function held(job, fence)
  local at = redis.call('HMGET', job, 'state', 'fence')
  return at[1] == 'running' and at[2] == fence
end

local function set_state(kind, id, state)
  redis.call('HSET', job_key(kind, id), 'state', state)
  if kind == 'submission' then
    relist(id)
  end
end

-- Into the queue, for the first time or for another round. Its hash is there already.
local function enqueue(kind, id)
  local job, at = job_key(kind, id), moment()
  redis.call('HSET', job, 'queued', at, 'tries', 0)
  set_state(kind, id, 'queued')
  redis.call('HDEL', job, 'started', 'finished', 'failure', 'concluded', 'lane', 'limit')
  redis.call('HSETNX', job, 'fence', 0)
  redis.call('ZADD', waiting_key(kind, id), at, member(kind, id))
  if redis.call('ZCARD', waiting_key(kind, id)) <= MOST_NUDGES then
    nudges = nudges + 1
  end
  tell(id, 'queued')
end

-- Back to the place in the queue that it had, or behind the others.
local function requeue(kind, id, behind)
  local job = job_key(kind, id)
  if behind then
    redis.call('HSET', job, 'queued', moment())
  end
  set_state(kind, id, 'queued')
  redis.call('HDEL', job, 'started')
  redis.call('ZREM', 'bm:leases', member(kind, id))
  redis.call('ZADD', waiting_key(kind, id), get(job, 'queued'), member(kind, id))
  tell(id, 'queued')
end

-- Into a worker's hands for the length of a lease (ms); its fencing number, or nil if it does not wait.
local function take(kind, id, lease)
  local job, time = job_key(kind, id), now()
  if get(job, 'state') ~= 'queued' then
    return nil
  end
  redis.call('HSET', job, 'started', whole(time), 'lease', whole(lease))
  set_state(kind, id, 'running')
  redis.call('HINCRBY', job, 'tries', 1)
  redis.call('ZREM', waiting_key(kind, id), member(kind, id))
  redis.call('ZADD', 'bm:leases', whole(time + lease), member(kind, id))
  tell(id, 'running')
  local fence = redis.call('HINCRBY', job, 'fence', 1)
  if kind == 'submission' and fence == 1 then
    observe('waiting_seconds', math.max(0, time - tonumber(get(job, 'queued'))) / 1000)
  end
  return fence
end

-- The end of a job: one terminal state, and out of the queue and the leases.
local function conclude(kind, id, state)
  local job, time = job_key(kind, id), now()
  redis.call('HSET', job, 'finished', whole(time), 'concluded', get(job, 'fence'))
  set_state(kind, id, state)
  redis.call('ZREM', 'bm:leases', member(kind, id))
  redis.call('ZREM', waiting_key(kind, id), member(kind, id))
  count('state:' .. kind .. ':' .. state)
  if kind == 'submission' then
    redis.call('SREM', pending_key(job), id)
    if state == 'done' then
      notify_verdict('submission.done', id)
    else
      notify('submission.' .. state, id, get(job, 'course'))
    end
    if state == 'service_failed' then
      changed(get(job, 'course'), get(job, 'assignment'))
    end
  elseif kind == 'unit' then
    unit_ended(id, state)
  end
  tell(id, state)
end

-- Our failure: another try where any is left, else the end. Says which.
local function fail(kind, id, message, most)
  local job = job_key(kind, id)
  count('failures:' .. kind)
  if tonumber(get(job, 'tries')) < tonumber(most) then
    -- A unit behind the others: what made it fail may pass meanwhile, and nobody waits for it.
    requeue(kind, id, kind == 'unit')
    return 'queued'
  end
  redis.call('HSET', job, 'failure', message)
  conclude(kind, id, 'service_failed')
  return 'service_failed'
end

-- A call of a function, which has its arguments by name: they are a JSON object, then the name and the content of each
-- that is bytes.
local function start(run, keys, arguments)
  nudges = 0
  local given = cjson.decode(arguments[1])
  for at = 2, #arguments, 2 do
    given[arguments[at]] = arguments[at + 1]
  end
  return run(given, keys)
end
