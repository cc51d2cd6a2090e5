-- What functions about regrades share; common.lua and submission_common.lua call `unit_ended` and `forget`.

-- Units of one regrade that wait in the queue or run at once; the others wait in a list of the regrade's own.
local WINDOW = 1000

local function regrade_key(name, id)
  return key('regrade-' .. name, id)
end

local function enter(id, phase)
  local time = whole(now())
  redis.call('HSET', job_key('regrade', id), 'phase', phase, 'changed', time)
  redis.call('HDEL', job_key('regrade', id), 'counts')
  redis.call('ZADD', 'bm:regrades-touched', time, id)
  tell(id, phase)
end

-- A phase in which there is work, of which so much is done. Its pace is measured from the first end in it on: before
-- that, workers may have been away, or had to make their graders.
local function begin(id, phase, done)
  enter(id, phase)
  redis.call('HSET', job_key('regrade', id), 'step_base', done)
  redis.call('HDEL', job_key('regrade', id), 'step_started')
end

-- So much is done now: the first time, the pace is measured from here.
local function measure(id, done)
  local job = job_key('regrade', id)
  if redis.call('HSETNX', job, 'step_started', whole(now())) == 1 then
    redis.call('HSET', job, 'step_base', done)
  end
end

-- As many units as there is room for into the queue, also while more are chosen. After the last one's end the preview
-- is complete.
local function release(id)
  local job, open, pending = job_key('regrade', id), regrade_key('open', id), regrade_key('pending', id)
  local phase = get(job, 'phase')
  if phase ~= 'preparing' and phase ~= 'previewing' then
    return
  end
  local room = WINDOW - redis.call('SCARD', open)
  while room > 0 do
    local unit = redis.call('LPOP', pending)
    if not unit then
      break
    end
    redis.call('SADD', open, unit)
    enqueue('unit', unit)
    room = room - 1
  end
  if phase == 'previewing' and redis.call('SCARD', open) == 0 and redis.call('LLEN', pending) == 0 then
    enter(id, 'previewed')
    notify('regrade.waiting', id, get(job, 'course'))
  end
end

-- Out of the queue, or out of a worker's hands; whoever holds it learns so at the next sign of life.
local function withdraw(kind, id)
  redis.call('ZREM', waiting_key(kind, id), member(kind, id))
  redis.call('ZREM', 'bm:leases', member(kind, id))
end

local function units_ended(id)
  return redis.call('SCARD', regrade_key('units', id)) - redis.call('SCARD', regrade_key('open', id))
    - redis.call('LLEN', regrade_key('pending', id))
end

function unit_ended(id, state)
  local regrade = get(job_key('unit', id), 'regrade')
  redis.call('SREM', regrade_key('open', regrade), id)
  if state ~= 'done' then
    redis.call('SADD', regrade_key('failed', regrade), id)
  end
  measure(regrade, units_ended(regrade))
  release(regrade)
end

-- Whether a regrade still stands for what was asked: see docs/instructor/regrades.md, "Asking twice".
local function stands(id, changes)
  local at = redis.call('HMGET', job_key('regrade', id), 'phase', 'state', 'seen')
  local phase = at[1]
  if not phase or at[2] == 'service_failed' then
    return false
  end
  if phase == 'previewed' or phase == 'applied' then
    return at[3] == changes
  end
  return phase == 'preparing' or phase == 'previewing' or phase == 'applying'
end

local function changes_of(course, assignment)
  return redis.call('HGET', key('verdicts-changed', course), assignment) or '0'
end

-- What is to become of a chunk: 'go', 'done' where all of it happened and the answer was lost, or 'lost' where the step
-- is no longer whoever's asks.
local function chunk(id, fence, phase, from)
  local job = job_key('regrade', id)
  local at = redis.call('HMGET', job, 'phase', 'cursor', 'state', 'concluded')
  if held(job, fence) and at[1] == phase and at[2] == from then
    return 'go'
  end
  return at[3] == 'done' and at[4] == fence and 'done' or 'lost'
end

-- A chunk is through: tries that were lost before it count no more, since the step gets on. What follows is 'end' after
-- the last chunk, 'chunk', or 'turn': whoever works has had a turn, and the step waits for another.
local function advance(id, to, follows)
  redis.call('HSET', job_key('regrade', id), 'cursor', to, 'tries', follows == 'turn' and 0 or 1)
  if follows == 'end' then
    conclude('regrade', id, 'done')
  elseif follows == 'turn' then
    requeue('regrade', id, true)
  end
end

-- The same of a step that goes through submissions that are chosen already, so many of them.
local function walk(id, to, by, follows)
  advance(id, to, follows)
  measure(id, redis.call('HINCRBY', job_key('regrade', id), 'walked', by))
end

local function drop_unit(regrade, id)
  local unit = job_key('unit', id)
  withdraw('unit', id)
  for _, each in ipairs({ 'open', 'failed', 'units' }) do
    redis.call('SREM', regrade_key(each, regrade), id)
  end
  redis.call('LREM', regrade_key('pending', regrade), 1, id)
  -- The source may be chosen again, with another submission: whoever grades the unit still must not hold its claim
  -- then.
  redis.call('HINCRBY', job_key('regrade', regrade), 'fences', get(unit, 'fence') or 0)
  redis.call('DEL', unit, key('unit-verdict', id))
end

local function drop_entry(regrade, submission, entry)
  redis.call('HDEL', regrade_key('entries', regrade), submission)
  redis.call('ZREM', regrade_key('order', regrade), submission)
  redis.call('SREM', regrade_key('taken', regrade), entry.student)
  if redis.call('HDEL', regrade_key('fates', regrade), submission) == 0 then
    redis.call('HINCRBY', job_key('regrade', regrade), 'deleted', 1)
  end
  if redis.call('HINCRBY', job_key('unit', entry.unit), 'entries', -1) <= 0 then
    drop_unit(regrade, entry.unit)
    release(regrade)
  end
end

function forget(course, submission)
  for _, regrade in ipairs(redis.call('ZRANGE', key('regrades', course), 0, -1)) do
    local entry = redis.call('HGET', regrade_key('entries', regrade), submission)
    if entry then
      drop_entry(regrade, submission, cjson.decode(entry))
    end
  end
end

-- Out of what regrades of the course select. In its place, since the places are what a choice goes by, and since a list
-- without names would select everybody, stands what is nobody's name.
local function unname(course, student)
  for _, regrade in ipairs(redis.call('ZRANGE', key('regrades', course), 0, -1)) do
    local job, found = job_key('regrade', regrade), false
    redis.call('SREM', regrade_key('taken', regrade), student)
    local names = cjson.decode(get(job, 'students') or '[]')
    for i, each in ipairs(names) do
      if each == student then
        names[i], found = '(deleted)', true
      end
    end
    if found then
      redis.call('HSET', job, 'students', cjson.encode(names))
    end
  end
end

-- A regrade with everything that belongs to it, at most so many units at once -> how many units went, and whether all
-- of it is gone. Nobody sees it after the first call.
local function erase_regrade(id, most)
  local job, gone = job_key('regrade', id), 0
  local at = redis.call('HMGET', job, 'course', 'asked')
  redis.call('ZREM', key('regrades', at[1]), id)
  if redis.call('HGET', key('regrades-asked', at[1]), at[2]) == id then
    redis.call('HDEL', key('regrades-asked', at[1]), at[2])
  end
  withdraw('regrade', id)
  redis.call('HSET', job, 'phase', 'erased')
  for _, unit in ipairs(redis.call('SPOP', regrade_key('units', id), most)) do
    withdraw('unit', unit)
    redis.call('DEL', job_key('unit', unit), key('unit-verdict', unit))
    gone = gone + 1
  end
  if redis.call('EXISTS', regrade_key('units', id)) == 1 then
    return gone, false
  end
  for _, each in ipairs({ 'entries', 'order', 'fates', 'pending', 'open', 'failed', 'taken', 'units' }) do
    redis.call('UNLINK', regrade_key(each, id))
  end
  redis.call('DEL', job)
  redis.call('ZREM', 'bm:regrades-touched', id)
  return gone, true
end
