-- Marks that are to be sent to gradebooks. Stands before each script, after common.lua.
--
-- A score is the mark of one student in one line item. It waits until it was sent since its last change: `generation`
-- counts the changes, and a claim remembers the one that it saw. Nothing else is recorded of a change: the mark is
-- worked out when it is sent.

local function score_key(item, student)
  return key('score', item, student)
end

local function score_member(item, student)
  return item .. ':' .. student
end

-- The ids of line items are hashes: without a colon.
local function score_parts(each)
  return each:match('^([^:]+):(.*)$')
end

local function line_item(item)
  local stored = redis.call('GET', key('line-item', item))
  return stored and cjson.decode(stored) or {}
end

-- The line items that get an assignment's marks.
local function line_items_of(course, assignment)
  local lines = {}
  for _, item in ipairs(redis.call('SMEMBERS', key('line-items', course))) do
    local line = line_item(item)
    if line.assignment == assignment then
      table.insert(lines, line)
    end
  end
  return lines
end

-- When the platform said that it has no such column, in seconds; nil: it has.
local function set_gone(line, at)
  line.gone = at
  redis.call('SET', key('line-item', line.id), cjson.encode(line))
end

local function scores_waiting(platform)
  return key('scores', 'waiting', platform)
end

local function scores_held(platform)
  return key('scores', 'held', platform)
end

-- When a platform's next score can be tried: not before a time in ms.
local function set_scores_due(platform, not_before)
  local first = redis.call('ZRANGE', scores_waiting(platform), 0, 0, 'WITHSCORES')[2]
  if first then
    redis.call('ZADD', 'bm:scores:due', whole(math.max(tonumber(first), not_before)), platform)
  else
    redis.call('ZREM', 'bm:scores:due', platform)
  end
end

-- A student's mark in a line item may be another one. While a post of it is under way it waits for the end of that.
local function mark_score(line, student, forced)
  local item, platform = line.id, line.platform
  local score, each, time = score_key(item, student), score_member(item, student), whole(now())
  redis.call('HINCRBY', score, 'generation', 1)
  redis.call('HSET', score, 'state', 'waiting', 'since', time, 'tries', 0)
  redis.call('HDEL', score, 'reason', 'detail', 'status')
  if forced then
    -- It is sent whatever the gradebook should have, also if a post that is under way ends first.
    redis.call('HDEL', score, 'sent')
    redis.call('HSET', score, 'forced', 1)
  end
  redis.call('SADD', key('scores', 'students', item), student)
  if not redis.call('ZSCORE', scores_held(platform), each) then
    redis.call('HSET', score, 'wait', 0)
    -- Who waits already keeps the place: many changes put nobody behind the others.
    redis.call('ZADD', scores_waiting(platform), 'LT', time, each)
    redis.call('ZADD', 'bm:scores:due', 'LT', time, platform)
  end
end

-- A student's mark for an assignment may be another one. Only verdicts and terms change marks: what waits, or ends without
-- a verdict, counts for nothing.
local function mark_changed(course, assignment, student)
  for _, line in ipairs(line_items_of(course, assignment)) do
    mark_score(line, student)
  end
end

-- The marks of all students may be other ones: of whoever has handed in, has terms of their own, or was sent one before.
local function mark_all_changed(course, assignment, forced)
  local lines, students, number = line_items_of(course, assignment), {}, 0
  if #lines == 0 then
    return 0
  end
  for _, id in ipairs(redis.call('ZRANGE', key('index', course, 'assignment', assignment), 0, -1)) do
    students[get(job_key('submission', id), 'student')] = true
  end
  for _, noun in ipairs({ 'extensions', 'overrides' }) do
    for _, student in ipairs(redis.call('HKEYS', key(noun, course, assignment))) do
      students[student] = true
    end
  end
  for _, line in ipairs(lines) do
    for _, student in ipairs(redis.call('SMEMBERS', key('scores', 'students', line.id))) do
      students[student] = true
    end
  end
  for student in pairs(students) do
    number = number + 1
    for _, line in ipairs(lines) do
      mark_score(line, student, forced)
    end
  end
  return number
end

local function drop_score(item, student)
  local platform, each = line_item(item).platform, score_member(item, student)
  redis.call('DEL', score_key(item, student))
  redis.call('ZREM', scores_waiting(platform), each)
  redis.call('ZREM', scores_held(platform), each)
  redis.call('SREM', key('scores', 'students', item), student)
end

-- What is known of a student's mark for an assignment in gradebooks, which keep it.
local function drop_scores(course, assignment, student)
  for _, line in ipairs(line_items_of(course, assignment)) do
    drop_score(line.id, student)
  end
end

-- A line item with its scores: nothing is sent to it any more.
local function drop_line_item(item)
  local about = line_item(item)
  for _, student in ipairs(redis.call('SMEMBERS', key('scores', 'students', item))) do
    drop_score(item, student)
  end
  redis.call('SREM', key('line-items', about.course), item)
  redis.call('DEL', key('line-item', item))
end

-- Nothing is sent of a student any more, and nothing says that it was.
local function forget_scores(course, student)
  for _, item in ipairs(redis.call('SMEMBERS', key('line-items', course))) do
    drop_score(item, student)
  end
end
