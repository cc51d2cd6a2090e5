-- The figures of an assignment's class, kept with each verdict that comes, goes or changes, so that nobody has to read
-- verdicts to see them. Stands before each script, after common.lua.

local function cohort_key(course, assignment)
  return key('cohort', course, assignment)
end

-- `by` more of something. What there is none of is not there.
local function bump(hash, field, by)
  if redis.call('HINCRBY', hash, field, by) == 0 then
    redis.call('HDEL', hash, field)
  end
end

local function hour(created)
  return whole(math.floor(tonumber(created) / 3600000))
end

-- An attempt that was accepted then, into the figures or out of them.
local function attempted(course, assignment, created, by)
  bump(cohort_key(course, assignment), 'hour:' .. hour(created), by)
end

-- The marks of a student's best attempt, or nil.
local function best(ranked)
  local id = redis.call('ZREVRANGE', ranked, 0, 0)[1]
  if not id then
    return nil
  end
  local at = redis.call('HMGET', job_key('submission', id), 'score', 'max_score')
  return at[1] .. '/' .. at[2]
end

-- The verdict that a submission holds, into the figures of its class (by 1) or out of them (by -1).
local function reckon(id, by)
  local at = redis.call('HMGET', job_key('submission', id), 'course', 'assignment', 'student', 'created', 'outcome',
    'score', 'max_score', 'mistakes')
  local course, assignment, student, created, outcome = at[1], at[2], at[3], at[4], at[5]
  if not outcome then
    return
  end
  local figures, ranked = cohort_key(course, assignment), key('ranked', course, assignment, student)
  bump(figures, 'outcome:' .. outcome, by)
  if outcome == 'passed' then
    bump(figures, 'passed:' .. hour(created), by)
  end
  local was = best(ranked)
  if by > 0 then
    redis.call('ZADD', ranked, tonumber(at[6]) / math.max(1, tonumber(at[7])), id)
  else
    redis.call('ZREM', ranked, id)
  end
  local is = best(ranked)
  if was then
    bump(figures, 'best:' .. was, -1)
  end
  if is then
    bump(figures, 'best:' .. is, 1)
  end
  for mistake in (at[8] or ''):gmatch('%S+') do
    local made, index = key('made', course, assignment, mistake), key('index', course, 'mistake', assignment, mistake)
    local named = key('mistakes', course, assignment)
    bump(made, student, by)
    if by > 0 then
      redis.call('ZADD', index, created, id)
      redis.call('SADD', named, mistake)
    else
      redis.call('ZREM', index, id)
      if redis.call('EXISTS', index) == 0 then
        redis.call('SREM', named, mistake)
      end
    end
  end
end

-- What mistakes are called, and their ids in one word a piece.
local function mistakes_of(summary)
  local ids = {}
  for _, each in ipairs(summary.mistakes or {}) do
    table.insert(ids, each[1])
    if each[2] ~= '' then
      redis.call('HSET', 'bm:mistake-titles', each[1], each[2])
    end
  end
  return table.concat(ids, ' ')
end

