-- Submissions, from their acceptance to their verdict.

-- `id`, `course`, `assignment`, `revision`, `student`, `filename`, `sha256`, `size`, `content` (none: to ask only),
-- `full` if there is no room for it, `idempotency` as for `replayed`, `shares`: {key, cost, most, ms} each, `trace`,
-- `sender`, `terms`: the version of the rules of time, when it `opens` and `closes` in ms, the `most` attempts,
-- `under_policy`, `unverified` if the student's name is not verified, the `link` that it came by: its owners, and their
-- endings as of the link, `once`: best|last if the same bytes as those of an attempt that can count are that attempt
-- again -> {accepted, id, nudges that are due} or {replayed|identical, id} or {mismatch|full|free} or {used_up, which
-- share, ms until it starts anew} or {changed} if other rules hold, or {link_ended|archived|unverified|not_open|closed}
-- or {no_attempts_left, how many there were}
writes('accept', function(given)
  local id, course, assignment, student = given.id, given.course, given.assignment, given.student
  local before = replayed(given.idempotency, 'submission')
  if before then
    count('replayed')
    return { 'replayed', before }
  elseif before == false then
    return { 'mismatch', '' }
  end

  if given.link and not link_holds(given.link.owners, given.link.endings) then
    return { 'link_ended' }
  end
  local record = redis.call('HGET', 'bm:course-records', course)
  local archived = record and cjson.decode(record).archived
  if type(archived) == 'number' and archived * 1000 <= now() then
    return { 'archived' }
  end
  if (redis.call('HGET', key('terms-changed', course), assignment) or '0') ~= given.terms then
    return { 'changed' }
  end
  if given.under_policy and given.unverified then
    return { 'unverified' }
  end
  if given.opens and now() < tonumber(given.opens) then
    return { 'not_open' }
  elseif given.closes and now() >= tonumber(given.closes) then
    return { 'closed' }
  end
  local had, attempts = 0, key('index', course, 'both', assignment, student)
  for _, each in ipairs(given.most and redis.call('ZRANGE', attempts, 0, -1) or {}) do
    had = had + (attempt_of(each) and 1 or 0)
  end
  if given.most and had >= given.most then
    return { 'no_attempts_left', had }
  end

  if given.full then
    return { 'full' }
  end
  local without_room, starts_anew = used_up(given.shares)
  if without_room then
    return { 'used_up', without_room, starts_anew }
  end
  if not given.content then
    return { 'free' }
  end
  spend(given.shares)
  for _, each in ipairs(given.once and redis.call('ZREVRANGE', attempts, 0, -1) or {}) do
    local at = redis.call('HMGET', job_key('submission', each), 'state', 'outcome', 'source', 'revision')
    if is_attempt(at[1], at[2]) then
      if at[3] == given.sha256 and at[4] == given.revision then
        return { 'identical', each }
      elseif given.once == 'last' then
        break
      end
    end
  end

  redis.call('SET', key('source', given.sha256), given.content, 'NX')
  redis.call('PERSIST', key('source', given.sha256))
  redis.call('SADD', key('source-users', given.sha256), id)
  local pending = key('pending', course, assignment, student)
  -- Under a policy a full queue would make a student late, whose file in time it would take away.
  for _, each in ipairs(given.under_policy and {} or redis.call('SMEMBERS', pending)) do
    local older = job_key('submission', each)
    if get(older, 'state') == 'queued' then
      redis.call('HSET', older, 'superseded_by', id)
      conclude('submission', each, 'superseded')
    end
  end

  local job = job_key('submission', id)
  local attempt = redis.call('HINCRBY', key('attempts', course, student), assignment, 1)
  redis.call('HSET', job, 'course', course, 'assignment', assignment, 'revision', given.revision, 'student', student,
    'attempt', attempt, 'filename', given.filename, 'source', given.sha256, 'size', given.size, 'trace', given.trace,
    'sender', given.sender)
  if given.idempotency then
    redis.call('HSET', job, 'idempotency', given.idempotency.key)
  end
  enqueue('submission', id)
  local created = get(job, 'queued')
  redis.call('HSET', job, 'created', created)
  if tonumber(created) >= now() + 1000 then
    -- The clock was set back, and times go on from where it was: nobody is late because of that.
    redis.call('HSET', job, 'received', whole(now()))
  end
  redis.call('SADD', pending, id)
  redis.call('SADD', 'bm:courses', course)
  know_course(course)
  for _, each in ipairs(indexes(course, assignment, student)) do
    redis.call('ZADD', each, created, id)
  end
  relist(id)
  remember(given.idempotency, id)
  count('accepted')
  return { 'accepted', id, nudges }
end)

-- `id`, `fence`, `verdict`, its `summary`, `reused`, `seconds` of the grading -> 1 where the claim held.
writes('finish', function(given)
  local id, fence, summary = given.id, given.fence, given.summary
  local job = job_key('submission', id)
  if not held(job, fence) then
    local at = redis.call('HMGET', job, 'state', 'concluded')
    -- Asked again because the answer was lost.
    return (at[1] == 'done' and at[2] == fence) and 1 or 0
  end
  local number = whole(redis.call('HINCRBY', job, 'verdicts', 1))
  redis.call('SET', key('verdict', id, number), given.verdict)
  redis.call('HSET', job, 'reused', given.reused and 1 or 0)
  hold(id, number, summary)
  count('outcome:' .. summary.outcome)
  if given.seconds > 0 then
    book(id, given.seconds, true)
    if summary.outcome ~= 'timeout' and summary.outcome ~= 'rejected' then
      note_usual(id, given.seconds)
    end
  end
  if given.reused then
    count('reused')
  else
    observe('grading_seconds', math.max(0, now() - tonumber(get(job, 'started'))) / 1000)
  end
  conclude('submission', id, 'done')
  return 1
end)

-- `source`: its sha256, its `listing` if it has one, and to be cached under a `key` for `lifetime` ms a `verdict` -> 1
-- if they were kept: not if nobody hands in that source any more.
writes('keep', function(given)
  if redis.call('EXISTS', key('source-users', given.source)) == 0 then
    return 0
  end
  if given.listing then
    redis.call('SET', key('listing', given.source), given.listing)
  end
  if given.key then
    local cached = key('source-cache', given.source)
    redis.call('SET', given.key, given.verdict, 'PX', given.lifetime)
    redis.call('SADD', cached, given.key)
    redis.call('PEXPIRE', cached, given.lifetime)
  end
  return 1
end)

-- `id`, `limit` -> ids of other students' submissions for the same assignment with the same source.
reads('identical', function(given)
  local answer = {}
  local own = redis.call('HMGET', job_key('submission', given.id), 'course', 'assignment', 'student', 'source')
  if not own[4] then
    return answer
  end
  for _, each in ipairs(redis.call('SMEMBERS', key('source-users', own[4]))) do
    if #answer >= given.limit then
      break
    end
    local other = redis.call('HMGET', job_key('submission', each), 'course', 'assignment', 'student')
    if other[1] == own[1] and other[2] == own[2] and other[3] ~= own[3] then
      table.insert(answer, each)
    end
  end
  return answer
end)

-- `id`, `author` or '' -> 1 where there is such a submission; it waits and runs no more.
writes('cancel', function(given)
  local job = job_key('submission', given.id)
  local state = get(job, 'state')
  if state == 'queued' or state == 'running' then
    conclude('submission', given.id, 'cancelled')
    local at = redis.call('HMGET', job, 'course', 'assignment', 'student')
    record(at[1], given.author, 'submission.cancel', given.id, at[3], { assignment = at[2] })
  end
  return state and 1 or 0
end)

-- `author` or '', `ids` -> those that wait again: they had ended as service_failed. Each keeps its attempt and its
-- place in the lists; its tries start anew.
writes('retry', function(given)
  local answer = {}
  for _, id in ipairs(given.ids) do
    local job = job_key('submission', id)
    if get(job, 'state') == 'service_failed' then
      enqueue('submission', id)
      redis.call('SADD', pending_key(job), id)
      changed(get(job, 'course'), get(job, 'assignment'))
      count('retried')
      local at = redis.call('HMGET', job, 'course', 'assignment', 'student')
      record(at[1], given.author, 'submission.retry', id, at[3], { assignment = at[2] })
      table.insert(answer, id)
    end
  end
  return answer
end)

-- `index`: a list of submissions, `begin`: the time to begin at as ZRANGEBYSCORE has it, `most` to look at -> {the time
-- of the last that was looked at, or '' after the last of all, then of each that counts as an attempt: id, student,
-- created, outcome, score, max_score, mistakes, failing; without a verdict yet, '' for the last five}. Oldest first.
reads('attempts', function(given)
  local rows = redis.call('ZRANGEBYSCORE', given.index, given.begin, '+inf', 'WITHSCORES', 'LIMIT', 0, given.most)
  local answer = { #rows == 2 * given.most and rows[#rows] or '' }
  for row = 1, #rows, 2 do
    local at = attempt_of(rows[row])
    if at then
      table.insert(answer, rows[row])
      for _, name in ipairs({ 'student', 'created', 'outcome', 'score', 'max_score', 'mistakes', 'failing' }) do
        table.insert(answer, at[name])
      end
    end
  end
  return answer
end)
