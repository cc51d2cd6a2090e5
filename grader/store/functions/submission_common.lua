-- What functions about submissions share: the lists in which they stand, the verdict that holds, and their end.

-- The lists in which a submission stands, all of its own course's.
local function indexes(course, assignment, student)
  return {
    key('index', course, 'all'),
    key('index', course, 'assignment', assignment),
    key('index', course, 'student', student),
    key('index', course, 'both', assignment, student),
  }
end

-- The verdict that a submission holds, into the lists by outcome and by mistake, or out of them.
local function list_verdict(id, listed)
  local at = redis.call('HMGET', job_key('submission', id), 'course', 'assignment', 'created', 'outcome', 'mistakes')
  if not at[4] then
    return
  end
  local lists = { key('index', at[1], 'outcome', at[4]) }
  for mistake in (at[5] or ''):gmatch('%S+') do
    table.insert(lists, key('index', at[1], 'mistake', at[2], mistake))
  end
  for _, list in ipairs(lists) do
    if listed then
      redis.call('ZADD', list, at[3], id)
    else
      redis.call('ZREM', list, id)
    end
  end
end

-- The lists of a state and of an outcome. `listed` is both in a word each, or nil.
local function lists_of(course, assignment, listed)
  local state, outcome = (listed or ''):match('^(%S+) (%S*)$')
  local lists = {}
  if state then
    table.insert(lists, key('index', course, 'state', state))
    table.insert(lists, key('index', course, 'state', state, assignment))
  end
  if state and outcome ~= '' then
    table.insert(lists, key('index', course, 'outcome', outcome, assignment))
  end
  return lists
end

-- Whether a submission is an attempt, as `backmark.grader.model.records.is_attempt` has it: it waits for a verdict, or
-- has one. What was refused before it ran is none.
local function is_attempt(state, outcome)
  return state == 'queued' or state == 'running' or (state == 'done' and outcome ~= 'rejected')
end

-- A submission as far as marks depend on it; nil where it does not count as an attempt.
local function attempt_of(id)
  -- Ids need no escaping, and there may be thousands.
  local at = redis.call('HMGET', 'bm:submission:' .. id, 'student', 'created', 'state', 'outcome', 'score',
    'max_score', 'mistakes', 'failing', 'received')
  local created = at[9] or at[2]
  if not is_attempt(at[3], at[4]) then
    return nil
  elseif at[3] ~= 'done' then
    return { student = at[1], created = created, outcome = '', score = '', max_score = '', mistakes = '', failing = '' }
  end
  return { student = at[1], created = created, outcome = at[4], score = at[5], max_score = at[6],
    mistakes = at[7] or '', failing = at[8] or '' }
end

-- A submission is an attempt from now on, and takes the number of the next one, or is none any more: the student's
-- later attempts are renumbered. `at` is its course, assignment, student and time.
local function number_attempts(id, at, counts)
  local later = {}
  for _, each in ipairs(redis.call('ZRANGEBYSCORE', key('index', at[1], 'both', at[2], at[3]), '(' .. at[4], '+inf')) do
    local own = redis.call('HMGET', job_key('submission', each), 'state', 'outcome')
    if is_attempt(own[1], own[2]) then
      table.insert(later, each)
    end
  end
  local by = counts and 1 or -1
  local last = redis.call('HINCRBY', key('attempts', at[1], at[3]), at[2], by)
  if counts then
    redis.call('HSET', job_key('submission', id), 'attempt', later[1] and get(job_key('submission', later[1]), 'attempt') or last)
  end
  for _, each in ipairs(later) do
    redis.call('HINCRBY', job_key('submission', each), 'attempt', by)
  end
end

-- Into the lists of its state and outcome, and out of those of before.
function relist(id)
  local job = job_key('submission', id)
  local at = redis.call('HMGET', job, 'course', 'assignment', 'student', 'created', 'state', 'outcome', 'listed')
  local before, listed = at[7], at[4] and at[5] .. ' ' .. (at[6] or '')
  if not listed or listed == before then
    return
  end
  for _, each in ipairs(lists_of(at[1], at[2], before)) do
    redis.call('ZREM', each, id)
  end
  for _, each in ipairs(lists_of(at[1], at[2], listed)) do
    redis.call('ZADD', each, at[4], id)
  end
  local counts = is_attempt(at[5], at[6])
  -- When it is accepted it has its number already.
  if before and counts ~= is_attempt(before:match('^(%S+) (%S*)$')) then
    number_attempts(id, at, counts)
  end
  redis.call('HSET', job, 'listed', listed)
end

-- Milliseconds for which the source of a rejected submission is kept: seven days.
local REJECTED = 7 * 86400000

-- Let a source expire that only rejected submissions have.
local function let_expire(sha)
  local source, rejected = key('source', sha), key('source-rejected', sha)
  if redis.call('EXISTS', key('source-users', sha)) == 0 and redis.call('PTTL', source) == -1 then
    for _, each in ipairs({ source, key('listing', sha), rejected }) do
      redis.call('PEXPIRE', each, REJECTED)
    end
  end
end

-- Let the source of a submission expire while every verdict on it says rejected; keep it otherwise.
local function keep_source(id, outcome)
  local sha = get(job_key('submission', id), 'source')
  local source, users, rejected = key('source', sha), key('source-users', sha), key('source-rejected', sha)
  if outcome == 'rejected' then
    redis.call('SREM', users, id)
    redis.call('SADD', rejected, id)
    let_expire(sha)
  elseif redis.call('EXISTS', source) == 1 then
    redis.call('SREM', rejected, id)
    redis.call('SADD', users, id)
    redis.call('PERSIST', source)
    redis.call('PERSIST', key('listing', sha))
  end
end

-- The verdict that holds from now on, in a few words, beside the submission. Whether they are other words than before.
local function hold(id, number, summary)
  local job = job_key('submission', id)
  local was = redis.call('HMGET', job, 'course', 'assignment', 'outcome', 'score', 'max_score', 'failing', 'student')
  changed(was[1], was[2])
  mark_changed(was[1], was[2], was[7])
  list_verdict(id, false)
  redis.call('HSET', job, 'verdict', number, 'outcome', summary.outcome, 'score', summary.score,
    'max_score', summary.max_score, 'failing', summary.failing, 'mistakes', summary.mistakes, 'judged', whole(now()))
  list_verdict(id, true)
  if (summary.engine or '') ~= '' then
    redis.call('HSET', job, 'engine:' .. number, summary.engine)
  end
  -- The file stays the same, so a verdict that an older version reached leaves what is known of it.
  if (summary.fingerprint or '') ~= '' then
    redis.call('HSET', job, 'fingerprint', summary.fingerprint)
  end
  for mistake, title in pairs(summary.titles) do
    redis.call('HSET', key('mistake-titles', was[1], was[2]), mistake, title)
  end
  keep_source(id, summary.outcome)
  return was[3] ~= summary.outcome or was[4] ~= tostring(summary.score) or was[5] ~= tostring(summary.max_score)
    or was[6] ~= summary.failing
end

-- No verdict holds any more: the submission is as it was when it had ended as service_failed.
local function drop_verdict(id)
  local job = job_key('submission', id)
  local was = redis.call('HMGET', job, 'course', 'assignment', 'failed_before', 'student')
  changed(was[1], was[2])
  mark_changed(was[1], was[2], was[4])
  list_verdict(id, false)
  redis.call('HSET', job, 'state', 'service_failed', 'failure', was[3])
  redis.call('HDEL', job, 'verdict', 'outcome', 'score', 'max_score', 'failing', 'mistakes', 'judged', 'regrade',
    'failed_before')
  relist(id)
  notify('submission.service_failed', id, was[1])
end

-- Let another verdict hold, where the expected one does now: its number, or nil. Verdict 0 is none: that of a
-- submission which ended as service_failed.
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
  relist(id)
  if first then
    notify_verdict('submission.done', id)
  elseif other then
    notify_verdict('submission.regraded', id)
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
    notify_verdict('submission.regraded', id)
  end
  relist(id)
  count('rolled_back')
  tell(id, 'done')
  return true
end

-- The states of a question, as `backmark.grader.model.messages.QuestionState` has them.
local QUESTION_STATES = { 'open', 'answered', 'marks_changed' }

-- Nothing that staff and a student wrote to each other about a submission is left.
local function drop_messages(course, id)
  for _, question in ipairs(redis.call('HKEYS', key('questions', id))) do
    for _, state in ipairs(QUESTION_STATES) do
      redis.call('ZREM', key('questions-by-state', course, state), id .. ':' .. question)
    end
  end
  redis.call('DEL', key('notes', id), key('questions', id), key('answers', id))
end

-- A submission and everything that belongs to it. False where there is none. If it is `expired`, no mark is sent again:
-- it was earned, and what is left may give another one.
local function remove(id, expired)
  local job = job_key('submission', id)
  local at = redis.call('HMGET', job, 'course', 'assignment', 'student', 'source', 'verdicts', 'idempotency', 'listed')
  if not at[1] then
    return false
  end
  for _, each in ipairs(indexes(at[1], at[2], at[3])) do
    redis.call('ZREM', each, id)
  end
  for _, each in ipairs(lists_of(at[1], at[2], at[7])) do
    redis.call('ZREM', each, id)
  end
  list_verdict(id, false)
  if redis.call('EXISTS', key('index', at[1], 'assignment', at[2])) == 0 then
    redis.call('DEL', key('mistake-titles', at[1], at[2]))
  end
  drop_messages(at[1], id)
  for number = 1, tonumber(at[5] or '0') do
    redis.call('DEL', key('verdict', id, whole(number)))
  end
  if at[6] and redis.call('HGET', at[6], 'id') == id then
    redis.call('DEL', at[6])
  end
  redis.call('ZREM', 'bm:leases', member('submission', id))
  redis.call('ZREM', waiting_key('submission', id), member('submission', id))
  redis.call('SREM', key('pending', at[1], at[2], at[3]), id)
  local users, rejected = key('source-users', at[4]), key('source-rejected', at[4])
  redis.call('SREM', users, id)
  redis.call('SREM', rejected, id)
  if redis.call('EXISTS', users, rejected) == 0 then
    local cached = key('source-cache', at[4])
    for _, each in ipairs(redis.call('SMEMBERS', cached)) do
      redis.call('DEL', each)
    end
    redis.call('DEL', key('source', at[4]), key('listing', at[4]), cached)
  else
    let_expire(at[4])
  end
  if redis.call('EXISTS', key('index', at[1], 'both', at[2], at[3])) == 0 then
    redis.call('HDEL', key('attempts', at[1], at[3]), at[2])
    if expired then
      drop_scores(at[1], at[2], at[3])
    end
  end
  if redis.call('EXISTS', key('index', at[1], 'all')) == 0 then
    redis.call('SREM', 'bm:courses', at[1])
  end
  redis.call('DEL', job)
  changed(at[1], at[2])
  if not expired then
    mark_changed(at[1], at[2], at[3])
  end
  forget(at[1], id)
  tell(id, 'deleted')
  return true
end

-- What an Idempotency-Key stands for already: nil, an id, or false where it was for another request. `idempotency` is
-- nil without one, else its `key`, the `fingerprint` of the request, and the `lifetime` in ms.
local function replayed(idempotency, kind)
  local before = idempotency and redis.call('HMGET', idempotency.key, 'id', 'fingerprint')
  if not before or not before[1] or redis.call('EXISTS', job_key(kind, before[1])) == 0 then
    return nil
  end
  return before[2] == idempotency.fingerprint and before[1]
end

local function remember(idempotency, id)
  if idempotency then
    redis.call('HSET', idempotency.key, 'id', id, 'fingerprint', idempotency.fingerprint)
    redis.call('PEXPIRE', idempotency.key, idempotency.lifetime)
  end
end
