-- Regrades: what staff ask for, the steps that a worker goes through, and the units that it grades.

-- `id`, `course`, `assignment`, `revision`, `selection` as JSON, its `students` as JSON, `fresh`, `asked`: what is
-- asked as a hash, `idempotency` as for `replayed`, `trace`, `author` or '' -> {asked|same|mismatch, id}
writes('regrade_request', function(given)
  local known = replayed(given.idempotency, 'regrade')
  if known == false then
    return { 'mismatch', '' }
  elseif known then
    return { 'same', known }
  end
  local id, course, assignment, asked = given.id, given.course, given.assignment, key('regrades-asked', given.course)
  local changes = changes_of(course, assignment)
  local before = redis.call('HGET', asked, given.asked)
  if before and stands(before, changes) then
    remember(given.idempotency, before)
    return { 'same', before }
  end
  local job = job_key('regrade', id)
  redis.call('HSET', job, 'course', course, 'assignment', assignment, 'revision', given.revision,
    'selection', given.selection, 'students', given.students, 'fresh', given.fresh and 1 or 0, 'asked', given.asked,
    'seen', changes, 'trace', given.trace)
  enqueue('regrade', id)
  local created = get(job, 'queued')
  redis.call('HSET', job, 'created', created, 'cursor', '0:' .. created)
  redis.call('HSET', asked, given.asked, id)
  redis.call('ZADD', key('regrades', course), created, id)
  remember(given.idempotency, id)
  record(course, given.author, 'regrade.start', id, '', { assignment = assignment, revision = given.revision })
  begin(id, 'preparing', 0)
  return { 'asked', id }
end)

-- `id`, `author` or '' -> {resumed|already|conflict, nudges that are due}
writes('regrade_resume', function(given)
  local id = given.id
  local job, failed = job_key('regrade', id), regrade_key('failed', id)
  local at = redis.call('HMGET', job, 'phase', 'state', 'resume', 'course', 'asked', 'walked')
  local phase, broken, again = at[1], at[2] == 'service_failed', redis.call('SCARD', failed) > 0
  local previews = phase == 'preparing' or phase == 'previewing' or phase == 'previewed'
  if phase == 'applied' or phase == 'rolled_back' or (phase == 'previewed' and not again and not broken) then
    return { 'conflict' }
  elseif phase ~= 'cancelled' and not broken and not (previews and again) then
    return { 'already' }
  end
  record(at[4], given.author, 'regrade.resume', id, '', { assignment = get(job, 'assignment') })
  local stopped = broken or phase == 'cancelled'
  if phase == 'cancelled' then
    phase = at[3]
    redis.call('HSETNX', key('regrades-asked', at[4]), at[5], id)
  end
  if phase == 'applying' or phase == 'rolling_back' then
    begin(id, phase, at[6])
    enqueue('regrade', id)
    return { 'resumed', nudges }
  end
  for _, unit in ipairs(redis.call('SMEMBERS', failed)) do
    redis.call('HSET', job_key('unit', unit), 'state', 'planned')
    redis.call('RPUSH', regrade_key('pending', id), unit)
  end
  redis.call('DEL', failed)
  begin(id, phase == 'preparing' and phase or 'previewing', units_ended(id))
  if phase == 'preparing' and stopped then
    enqueue('regrade', id)
  end
  release(id)
  return { 'resumed', nudges }
end)

-- `id`: its units go back to where they came from, running ones too: to be graded after `resume`.
writes('regrade_cancel', function(given)
  local id = given.id
  local job, open = job_key('regrade', id), regrade_key('open', id)
  if get(job, 'state') ~= 'done' then
    conclude('regrade', id, 'cancelled')
  end
  for _, unit in ipairs(redis.call('SMEMBERS', open)) do
    withdraw('unit', unit)
    redis.call('HSET', job_key('unit', unit), 'state', 'planned')
    redis.call('LPUSH', regrade_key('pending', id), unit)
  end
  redis.call('DEL', open)
  redis.call('HSET', job, 'resume', get(job, 'phase'))
  enter(id, 'cancelled')
end)

-- `id`, `phase`: applying|rolling_back: a step that begins. A worker that is still applying it is told so by its next
-- chunk.
writes('regrade_start', function(given)
  local id = given.id
  withdraw('regrade', id)
  begin(id, given.phase, 0)
  enqueue('regrade', id)
end)

-- `id`, `fence`, `from`: the cursor, `to`: the next one, `follows`: 'end' after the last, else 'chunk' or 'turn',
-- `rows` -> {0} where the claim does not hold, or {1, nudges that are due}. A row without an entry only says that its
-- student's pick is taken.
writes('regrade_choose', function(given)
  local id, to, follows = given.id, given.to, given.follows
  local job = job_key('regrade', id)
  local go = chunk(id, given.fence, 'preparing', given.from)
  if go ~= 'go' then
    return { go == 'done' and 1 or 0 }
  end

  local function plan(row)
    local unit = job_key('unit', row.unit)
    if redis.call('HSETNX', unit, 'regrade', id) == 1 then
      redis.call('HSET', unit, 'source', row.source, 'filename', row.filename, 'group', row.group, 'state', 'planned',
        'fence', get(job, 'fences') or 0)
      redis.call('RPUSH', regrade_key('pending', id), row.unit)
      redis.call('SADD', regrade_key('units', id), row.unit)
    end
    redis.call('HINCRBY', unit, 'entries', 1)
  end

  for _, row in ipairs(given.rows) do
    local free = row.pick == '' or redis.call('SADD', regrade_key('taken', id), row.pick) == 1
    -- It may have been deleted since it was read.
    local there = free and row.entry and redis.call('EXISTS', job_key('submission', row.submission)) == 1
    if there and redis.call('HSETNX', regrade_key('entries', id), row.submission, row.entry) == 1 then
      redis.call('ZADD', regrade_key('order', id), row.created, row.submission)
      plan(row)
    end
  end
  advance(id, to, follows)
  if follows == 'end' then
    redis.call('DEL', regrade_key('taken', id))
    begin(id, 'previewing', units_ended(id))
  end
  release(id)
  return { 1, nudges }
end)

-- `id`, `fence`, `from`: the cursor, `to`: the next one, `follows`: 'end' after the last, else 'chunk' or 'turn',
-- `rows`, and `verdict N` of the N-th row that has one -> 1 where the claim held.
writes('regrade_apply', function(given)
  local id, to, follows = given.id, given.to, given.follows
  local entries, fates = regrade_key('entries', id), regrade_key('fates', id)
  local go = chunk(id, given.fence, 'applying', given.from)
  if go ~= 'go' then
    return go == 'done' and 1 or 0
  end
  for i, row in ipairs(given.rows) do
    local open = redis.call('HEXISTS', entries, row.submission) == 1
      and redis.call('HEXISTS', fates, row.submission) == 0
    if open and row.fate then
      redis.call('HSET', fates, row.submission, row.fate .. ':')
    elseif open and row.summary then
      local number = replace(row.submission, row.expected, given['verdict ' .. i], row.summary, id)
      redis.call('HSET', fates, row.submission, number and 'applied:' .. number or 'changed:')
      if number then
        -- Its own doing is no change of what it selected.
        redis.call('HINCRBY', job_key('regrade', id), 'seen', 1)
      end
    end
  end
  walk(id, to, #given.rows, follows)
  if follows == 'end' then
    enter(id, 'applied')
  end
  return 1
end)

-- `id`, `fence`, `from`: the cursor, `to`: the next one, `follows`: 'end' after the last, else 'chunk' or 'turn',
-- `rows` -> 1 where the claim held.
writes('regrade_roll_back', function(given)
  local id, to, follows = given.id, given.to, given.follows
  local fates = regrade_key('fates', id)
  local go = chunk(id, given.fence, 'rolling_back', given.from)
  if go ~= 'go' then
    return go == 'done' and 1 or 0
  end
  for _, row in ipairs(given.rows) do
    local number = (redis.call('HGET', fates, row.submission) or ''):match('^applied:(%d+)$')
    if number then
      local restored = restore(row.submission, number, row.expected, row.summary)
      redis.call('HSET', fates, row.submission, (restored and 'rolled_back:' or 'left:') .. number)
    end
  end
  walk(id, to, #given.rows, follows)
  if follows == 'end' then
    enter(id, 'rolled_back')
  end
  return 1
end)

-- `id`: the unit -> nothing where there is none, else its course, revision, whether it is to be graded anew, its
-- source's sha256, the filename, the source, the group of its students or '', and the trace of its regrade or ''.
reads('unit', function(given)
  local unit = job_key('unit', given.id)
  local at = redis.call('HMGET', unit, 'regrade', 'source', 'filename', 'group')
  local regrade = redis.call('HMGET', job_key('regrade', at[1] or ''), 'course', 'revision', 'fresh', 'trace')
  if not (at[1] and regrade[1] and regrade[2]) then
    return {}
  end
  return { regrade[1], regrade[2], regrade[3], at[2], at[3], redis.call('GET', key('source', at[2])),
    at[4] or '', regrade[4] or '' }
end)

-- `id`: the unit, `fence`, `verdict`, its `summary` as JSON, `reused` -> 1 where the claim held.
writes('regrade_graded', function(given)
  local id, fence = given.id, given.fence
  local unit = job_key('unit', id)
  if not held(unit, fence) then
    local at = redis.call('HMGET', unit, 'state', 'concluded')
    -- Asked again because the answer was lost.
    return (at[1] == 'done' and at[2] == fence) and 1 or 0
  end
  redis.call('SET', key('unit-verdict', id), given.verdict)
  redis.call('HSET', unit, 'summary', given.summary, 'reused', given.reused and 1 or 0)
  conclude('unit', id, 'done')
  return 1
end)
