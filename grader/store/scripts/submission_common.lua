-- What scripts about submissions share. Stands before each script, after cohort_common.lua.

-- The lists in which a submission stands, all of its own course's.
local function indexes(course, assignment, student)
  return {
    key('index', course, 'all'),
    key('index', course, 'assignment', assignment),
    key('index', course, 'student', student),
    key('index', course, 'both', assignment, student),
  }
end

local function outcome_index(course, outcome)
  return key('index', course, 'outcome', outcome)
end

-- Milliseconds for which the source of a rejected submission is kept: seven days.
local REJECTED = 7 * 86400000

-- Let the source of a submission expire while every verdict on it says rejected; keep it otherwise.
local function keep_source(id, outcome)
  local sha = get(job_key('submission', id), 'source')
  local source, users = key('source', sha), key('source-users', sha)
  if outcome == 'rejected' then
    redis.call('SREM', users, id)
    if redis.call('EXISTS', users) == 0 and redis.call('PTTL', source) == -1 then
      redis.call('PEXPIRE', source, REJECTED)
      redis.call('PEXPIRE', key('listing', sha), REJECTED)
    end
  elseif redis.call('EXISTS', source) == 1 then
    redis.call('SADD', users, id)
    redis.call('PERSIST', source)
    redis.call('PERSIST', key('listing', sha))
  end
end

-- The verdict that holds from now on, in a few words, beside the submission. Whether they are other words than before.
local function hold(id, number, summary)
  local job = job_key('submission', id)
  local was = redis.call('HMGET', job, 'course', 'outcome', 'created', 'assignment', 'score', 'max_score', 'failing')
  changed(was[1], was[4])
  reckon(id, -1)
  if was[2] then
    redis.call('ZREM', outcome_index(was[1], was[2]), id)
  end
  redis.call('ZADD', outcome_index(was[1], summary.outcome), was[3], id)
  redis.call('HSET', job, 'verdict', number, 'outcome', summary.outcome, 'score', summary.score,
    'max_score', summary.max_score, 'failing', summary.failing, 'mistakes', mistakes_of(summary),
    'judged', whole(now()))
  reckon(id, 1)
  keep_source(id, summary.outcome)
  return was[2] ~= summary.outcome or was[5] ~= tostring(summary.score) or was[6] ~= tostring(summary.max_score)
    or was[7] ~= summary.failing
end

-- No verdict holds any more: the submission is as it was when it had ended as service_failed.
local function drop_verdict(id)
  local job = job_key('submission', id)
  local was = redis.call('HMGET', job, 'course', 'assignment', 'outcome', 'failed_before')
  changed(was[1], was[2])
  reckon(id, -1)
  redis.call('ZREM', outcome_index(was[1], was[3]), id)
  redis.call('HSET', job, 'state', 'service_failed', 'failure', was[4])
  redis.call('HDEL', job, 'verdict', 'outcome', 'score', 'max_score', 'failing', 'mistakes', 'judged', 'regrade',
    'failed_before')
  post('service_failed', id, was[1])
end

-- Let another verdict hold, where the expected one does now: its number, or nil. Verdict 0 is none: that of a submission
-- which ended as service_failed.
local function replace(id, expected, verdict, summary, regrade)
  local job = job_key('submission', id)
  local at = redis.call('HMGET', job, 'state', 'verdict', 'course', 'failure')
  local first = expected == '0' and at[1] == 'service_failed'
  if not first and (at[1] ~= 'done' or at[2] ~= expected) then
    return nil
  end
  if first then
    redis.call('HSET', job, 'state', 'done', 'failed_before', at[4] or '')
    redis.call('HDEL', job, 'failure', 'concluded')
  end
  local number = redis.call('HINCRBY', job, 'verdicts', 1)
  redis.call('SET', key('verdict', id, whole(number)), verdict)
  redis.call('HSET', job, 'regrade', regrade, 'regrade:' .. number, regrade)
  local other = hold(id, number, summary)
  if first then
    post('done', id, at[3])
  elseif other then
    post('regraded', id, at[3])
  end
  count('regraded')
  tell(id, 'done')
  return number
end

-- Let an earlier verdict hold again, where the expected one does now. Verdict 0 is none, as for `replace`.
local function restore(id, expected, to, summary)
  local job = job_key('submission', id)
  local at = redis.call('HMGET', job, 'state', 'verdict', 'course', 'regrade:' .. to, 'failed_before')
  if to == '0' and at[1] == 'done' and at[2] == expected and at[5] then
    drop_verdict(id)
    count('rolled_back')
    tell(id, 'service_failed')
    return true
  end
  if at[1] ~= 'done' or at[2] ~= expected or redis.call('EXISTS', key('verdict', id, to)) == 0 then
    return false
  end
  if at[4] then
    redis.call('HSET', job, 'regrade', at[4])
  else
    redis.call('HDEL', job, 'regrade')
  end
  if hold(id, to, summary) then
    post('regraded', id, at[3])
  end
  count('rolled_back')
  tell(id, 'done')
  return true
end

-- A submission and everything that belongs to it. False where there is none.
local function remove(id)
  local job = job_key('submission', id)
  local at = redis.call('HMGET', job, 'course', 'assignment', 'student', 'source', 'outcome', 'verdicts', 'idempotency',
    'created')
  if not at[1] then
    return false
  end
  -- First what makes room: where there is none left, Redis refuses a script whose first write needs some.
  for _, each in ipairs(indexes(at[1], at[2], at[3])) do
    redis.call('ZREM', each, id)
  end
  reckon(id, -1)
  attempted(at[1], at[2], at[8], -1)
  if at[5] then
    redis.call('ZREM', outcome_index(at[1], at[5]), id)
  end
  for number = 1, tonumber(at[6] or '0') do
    redis.call('DEL', key('verdict', id, whole(number)))
  end
  if at[7] and redis.call('HGET', at[7], 'id') == id then
    redis.call('DEL', at[7])
  end
  redis.call('ZREM', 'bm:leases', member('submission', id))
  redis.call('ZREM', waiting_key('submission'), member('submission', id))
  redis.call('SREM', key('pending', at[1], at[2], at[3]), id)
  local users = key('source-users', at[4])
  redis.call('SREM', users, id)
  if redis.call('EXISTS', users) == 0 then
    local cached = key('source-cache', at[4])
    for _, each in ipairs(redis.call('SMEMBERS', cached)) do
      redis.call('DEL', each)
    end
    redis.call('DEL', key('source', at[4]), key('listing', at[4]), cached)
  end
  if redis.call('EXISTS', key('index', at[1], 'both', at[2], at[3])) == 0 then
    redis.call('HDEL', key('attempts', at[1], at[3]), at[2])
  end
  if redis.call('EXISTS', key('index', at[1], 'student', at[3])) == 0 then
    redis.call('SREM', key('slow', at[1]), at[3])
  end
  if redis.call('EXISTS', key('index', at[1], 'all')) == 0 then
    redis.call('SREM', 'bm:courses', at[1])
  end
  redis.call('DEL', job)
  changed(at[1], at[2])
  forget(at[1], id)
  tell(id, 'deleted')
  return true
end

-- What an Idempotency-Key stands for already: nil, an id, or false where it was for another request.
local function replayed(idempotency, fingerprint, kind)
  if idempotency == '' then
    return nil
  end
  local before = redis.call('HMGET', idempotency, 'id', 'fingerprint')
  if not before[1] or redis.call('EXISTS', job_key(kind, before[1])) == 0 then
    return nil
  end
  if before[2] ~= fingerprint then
    return false
  end
  return before[1]
end

local function remember(idempotency, fingerprint, id, milliseconds)
  if idempotency ~= '' then
    redis.call('HSET', idempotency, 'id', id, 'fingerprint', fingerprint)
    redis.call('PEXPIRE', idempotency, milliseconds)
  end
end

