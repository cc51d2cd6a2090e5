-- Marks that are to be sent to gradebooks.
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

local function scores_of_platform(platform)
  return key('scores', 'platform', platform)
end

-- How a column fails: since when, how often, and until when it is left alone.
local function scores_of_column(item)
  return key('scores', 'column', item)
end

-- The columns that failed since their platform last answered to one.
local function scores_failing(platform)
  return key('scores', 'failing', platform)
end

-- When a column that fails is tried next, in ms; 0: it does not fail. A clock that was set back puts nothing off.
local function column_hold(item, time)
  local at = redis.call('HMGET', scores_of_column(item), 'hold', 'hold_for')
  return math.min(tonumber(at[1] or '0'), time + tonumber(at[2] or '0'))
end

-- The marks that wait for a column, in their order, each with when it is due.
local function waiting_for_column(line)
  local marks, start = {}, line.id .. ':'
  local list = redis.call('ZRANGE', scores_waiting(line.platform), 0, -1, 'WITHSCORES')
  for i = 1, #list, 2 do
    if list[i]:sub(1, #start) == start then
      table.insert(marks, { list[i], tonumber(list[i + 1]) })
    end
  end
  return marks
end

-- A column that fails is left alone for so many ms: what waits for it waits longer, in its order.
local function hold_column(line, time, wait)
  local till = time + wait
  redis.call('HSET', scores_of_column(line.id), 'hold', whole(till), 'hold_for', whole(wait))
  for place, each in ipairs(waiting_for_column(line)) do
    if each[2] < till + place then
      redis.call('ZADD', scores_waiting(line.platform), whole(till + place), each[1])
      redis.call('HSET', score_key(score_parts(each[1])), 'wait', whole(till + place - time))
    end
  end
end

-- A column that failed may be tried: what waits for it is due, in its order; posts under way keep their lease.
local function release_column(line, time)
  local marks = waiting_for_column(line)
  redis.call('HDEL', scores_of_column(line.id), 'hold', 'hold_for')
  for place, each in ipairs(marks) do
    if each[2] > time and not redis.call('ZSCORE', scores_held(line.platform), each[1]) then
      redis.call('ZADD', scores_waiting(line.platform), whole(time - #marks + place), each[1])
      redis.call('HSET', score_key(score_parts(each[1])), 'wait', 0)
    end
  end
end

-- A column is as if it had never failed.
local function clear_column(line, time)
  redis.call('SREM', scores_failing(line.platform), line.id)
  if redis.call('EXISTS', scores_of_column(line.id)) == 1 then
    release_column(line, time)
    redis.call('DEL', scores_of_column(line.id))
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
    local hold = column_hold(item, now())
    if hold > now() then
      -- Behind those that wait for the column already.
      local due = hold + redis.call('ZCARD', scores_waiting(platform))
      if redis.call('ZADD', scores_waiting(platform), 'NX', whole(due), each) == 1 then
        redis.call('HSET', score, 'wait', whole(due - now()))
      end
      redis.call('ZADD', 'bm:scores:due', 'LT', whole(due), platform)
      return
    end
    redis.call('HSET', score, 'wait', 0)
    -- Who waits already keeps the place: many changes put nobody behind the others.
    redis.call('ZADD', scores_waiting(platform), 'LT', time, each)
    redis.call('ZADD', 'bm:scores:due', 'LT', time, platform)
  end
end

-- A student's mark for an assignment may be another one. Only verdicts and terms change marks: what waits, or ends
-- without a verdict, counts for nothing.
local function mark_changed(course, assignment, student)
  for _, line in ipairs(line_items_of(course, assignment)) do
    mark_score(line, student)
  end
end

-- The marks of all students may be other ones: of whoever has handed in, has terms of their own, or was sent one
-- before.
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
  redis.call('SREM', scores_failing(about.platform), item)
  redis.call('DEL', key('line-item', item), scores_of_column(item))
end

-- Nothing is sent of a student any more, and nothing says that it was.
local function forget_scores(course, student)
  for _, item in ipairs(redis.call('SMEMBERS', key('line-items', course))) do
    drop_score(item, student)
  end
end

-- `ahead`: ms ahead of the clock, `limit`: most at once, `most` of one platform at a time, `lease` in ms -> {JSON of
-- the line item, student, fence, ms of the timestamp, what was sent last or '', the submission that the gradebook shows
-- or '', 1 if nothing was ever sent, tries before, failures of the column or the platform, whichever are more}
writes('score_claim', function(given)
  local time, limit, most = now() + given.ahead, given.limit, given.most
  local lease, answer = whole(time + given.lease), {}

  -- If the clock was set back, scores seem to be due later than they were put off for: their `wait` starts anew.
  for _, platform in ipairs(redis.call('ZRANGEBYSCORE', 'bm:scores:due', '(' .. whole(time), '+inf', 'LIMIT', 0, 1000)) do
    local waiting, held, state = scores_waiting(platform), scores_held(platform), scores_of_platform(platform)
    for _, list in ipairs({ redis.call('ZRANGE', held, 0, -1, 'WITHSCORES'),
      redis.call('ZRANGE', waiting, 0, 15, 'WITHSCORES') }) do
      for i = 1, #list, 2 do
        local wait = tonumber(get(score_key(score_parts(list[i])), 'wait') or '0')
        if too_late(time, tonumber(list[i + 1]), wait) then
          redis.call('ZADD', waiting, 'XX', whole(time + wait), list[i])
          redis.call('ZADD', held, 'XX', whole(time + wait), list[i])
          redis.call('ZADD', 'bm:scores:due', 'LT', whole(time + wait), platform)
        end
      end
    end
    local pause = redis.call('HMGET', state, 'hold', 'hold_for')
    if pause[1] and too_late(time, tonumber(pause[1]), tonumber(pause[2])) then
      redis.call('HSET', state, 'hold', whole(time + pause[2]))
    end
  end

  local function claim_score(platform, each, failures)
    local item, student = score_parts(each)
    local score = score_key(item, student)
    local column_failures = tonumber(redis.call('HGET', scores_of_column(item), 'failures') or '0')
    local was = redis.call('HMGET', score, 'generation', 'stamp', 'sent', 'shown', 'touched', 'tries')
    -- Later than every timestamp before, by a second: Moodle compares whole ones.
    local stamp = whole(math.max(time, tonumber(was[2] or '0') + 1000))
    local fence = moment()
    -- Until it is known what became of this post, the gradebook may hold one or the other.
    redis.call('HDEL', score, 'sent', 'forced')
    redis.call('HSET', score, 'holder', fence, 'claimed', was[1], 'stamp', stamp, 'touched', 1, 'wait', whole(given.lease))
    redis.call('HINCRBY', score, 'tries', 1)
    redis.call('ZADD', scores_waiting(platform), lease, each)
    redis.call('ZADD', scores_held(platform), lease, each)
    if column_failures > 0 then
      -- It is tried with one mark: the others wait for what becomes of that.
      hold_column(line_item(item), time, given.lease)
    end
    return { redis.call('GET', key('line-item', item)), student, fence, stamp, was[3] or '', was[4] or '', was[5] and 0 or 1,
      was[6], math.max(failures, column_failures) }
  end

  for _, platform in ipairs(redis.call('ZRANGEBYSCORE', 'bm:scores:due', '-inf', whole(time), 'LIMIT', 0, limit)) do
    local waiting, held = scores_waiting(platform), scores_held(platform)
    local at = redis.call('HMGET', scores_of_platform(platform), 'failures', 'hold')
    local hold = tonumber(at[2] or '0')
    redis.call('ZREMRANGEBYSCORE', held, '-inf', whole(time))
    -- A platform that fails is tried with one score at a time: it may be slow, and its threads are others' too.
    local places = tonumber(at[1] or '0') > 0 and 1 or most
    local free = math.min(places - redis.call('ZCARD', held), limit - #answer)
    if free > 0 and hold <= time then
      for _, each in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', whole(time), 'LIMIT', 0, free)) do
        -- Another one of a column that fails may have put it off.
        if tonumber(redis.call('ZSCORE', waiting, each)) <= time then
          table.insert(answer, claim_score(platform, each, tonumber(at[1] or '0')))
        end
      end
    end
    -- Behind the platforms that are due now, also by a millisecond, so that each gets its turn.
    local next_turn = math.max(time + 1, hold)
    if redis.call('ZCARD', held) >= places then
      -- Full: looked at again when one is concluded, or loses its lease.
      next_turn = tonumber(redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')[2])
    end
    set_scores_due(platform, next_turn)
  end
  return answer
end)

-- `ahead`: ms ahead of the clock, `item`: the line item, `student`, `fence`, `result`:
-- sent|same|nothing|retry|failed|gone, `unreached` if nothing reached the platform, `sent`: what was sent last or '',
-- `shown`: the submission that the gradebook shows or '', `first` if nothing was ever sent before, HTTP `status` or '',
-- `reason` or '', its `detail`, `pause`: ms to wait, `give_up`: ms after the change at which it is given up, `blame`:
-- column|platform if that failed, `hold`: ms for which it is left alone, `park_after`: ms after which a column that fails
-- beside others is parked, `parked`: ms for which it is -> waiting|sent|nothing|failed, or nil if it was not this claim's
-- to conclude.
writes('score_conclude', function(given)
  local time, item, student, how = now() + given.ahead, given.item, given.student, given.result
  local score, each = score_key(item, student), score_member(item, student)
  local at = redis.call('HMGET', score, 'holder', 'generation', 'claimed', 'since', 'forced')
  if at[1] ~= given.fence then
    return nil
  end
  local line = line_item(item)
  local platform = line.platform
  local waiting, changed_since = scores_waiting(platform), at[2] ~= at[3]
  local due, state = time, how == 'same' and 'sent' or how
  local about, column = scores_of_platform(platform), scores_of_column(item)
  local parked = false

  local function hold_platform()
    redis.call('HINCRBY', about, 'failures', 1)
    redis.call('HSET', about, 'hold', whole(time + given.hold), 'hold_for', whole(given.hold))
  end

  -- True if columns of several courses failed since the platform last answered.
  local function is_failing_everywhere()
    for _, other in ipairs(redis.call('SMEMBERS', scores_failing(platform))) do
      if line_item(other).course ~= line.course then
        return true
      end
    end
    return false
  end

  if given.blame == 'column' then
    redis.call('HINCRBY', column, 'failures', 1)
    redis.call('HSETNX', column, 'since', whole(time))
    redis.call('HSET', column, 'status', given.status, 'detail', given.detail)
    local since, answered = redis.call('HGET', column, 'since'), redis.call('HGET', about, 'answered') or '0'
    parked = redis.call('HEXISTS', column, 'parked') == 1
      or (tonumber(answered) > tonumber(since) and time - since >= given.park_after)
    if parked then
      redis.call('SREM', scores_failing(platform), item)
      redis.call('HSETNX', column, 'parked', whole(time))
    else
      redis.call('SADD', scores_failing(platform), item)
      if is_failing_everywhere() then
        hold_platform()
      end
    end
  elseif given.blame == 'platform' then
    hold_platform()
  elseif not given.unreached then
    local others = redis.call('SMEMBERS', scores_failing(platform))
    if tonumber(redis.call('HGET', about, 'failures') or '0') > 0 then
      -- It was the platform that failed: all of its columns may answer again.
      for _, other in ipairs(others) do
        clear_column(line_item(other), time)
      end
    end
    redis.call('DEL', scores_failing(platform))
    redis.call('HDEL', about, 'failures', 'hold', 'hold_for')
    if how == 'sent' then
      redis.call('HSET', about, 'answered', whole(time))
    end
  end

  redis.call('HDEL', score, 'holder')
  redis.call('ZREM', scores_held(platform), each)
  count('scores:' .. how)
  if given.unreached and given.first then
    redis.call('HDEL', score, 'touched')
  end
  if (given.unreached or how == 'sent') and given.sent ~= '' and not at[5] then
    redis.call('HSET', score, 'sent', given.sent)
  end
  if how == 'sent' then
    redis.call('HSET', score, 'shown', given.shown, 'posted', whole(time))
  elseif how == 'retry' then
    local last = tonumber(at[4]) + given.give_up
    -- What waits for a column that staff may unlock is not given up.
    state = (time >= last and not parked) and 'failed' or 'waiting'
    -- The last try is made when the time is up, however long the next pause would be.
    due = parked and time or math.min(time + given.pause, last)
  end
  if how == 'gone' then
    set_gone(line, time / 1000)
    state = 'nothing'
  end
  if changed_since then
    state = 'waiting'
  else
    redis.call('HSET', score, 'status', given.status, 'reason', given.reason, 'detail', given.detail)
  end
  redis.call('HSET', score, 'state', state)
  if how == 'sent' or how == 'gone' then
    clear_column(line, time)
  elseif given.blame ~= 'column' and redis.call('EXISTS', column) == 1 then
    -- What ended says nothing of the column: the next mark tries it.
    release_column(line, time)
  end
  if state == 'waiting' then
    redis.call('HSET', score, 'wait', whole(math.max(0, due - time)))
    redis.call('ZADD', waiting, whole(due), each)
  else
    redis.call('ZREM', waiting, each)
  end
  if given.blame == 'column' then
    hold_column(line, time, parked and given.parked or given.hold)
  end
  set_scores_due(platform, time)
  return state
end)

-- `course`, `assignment` -> how many students' marks are to be sent, also those that were sent before as they are now.
-- Columns that were gone are tried, and those that failed.
writes('scores_again', function(given)
  for _, line in ipairs(line_items_of(given.course, given.assignment)) do
    if line.gone and line.gone ~= cjson.null then
      set_gone(line, nil)
    end
    clear_column(line, now())
  end
  return mark_all_changed(given.course, given.assignment, true)
end)

-- `course`, `assignment` -> how many columns are tried now that failed before.
writes('scores_try', function(given)
  local columns = 0
  for _, line in ipairs(line_items_of(given.course, given.assignment)) do
    columns = columns + redis.call('EXISTS', scores_of_column(line.id))
    clear_column(line, now())
    set_scores_due(line.platform, 0)
  end
  return columns
end)

-- `course`, `assignment`: all of its marks may be other ones.
writes('mark_all_changed', function(given)
  mark_all_changed(given.course, given.assignment)
end)

-- `course`, `student`, `person`: JSON of the person. Marks that were not sent because nobody knew the person or the
-- platform, because this was no student then, or because the platform had no such student in the course, are sent now.
writes('lti_record_user', function(given)
  local person = cjson.decode(given.person)
  local SENT_NOW = { unknown_student = true, unknown_platform = true, staff = not person.staff }
  local NO_SUCH_STUDENT = { ['400'] = true, ['404'] = true, ['422'] = true }
  redis.call('HSET', key('lti-users', given.course), given.student, given.person)
  -- Retention looks at the courses in this set.
  redis.call('SADD', 'bm:courses-kept', given.course)
  for _, item in ipairs(redis.call('SMEMBERS', key('line-items', given.course))) do
    local at = redis.call('HMGET', score_key(item, given.student), 'reason', 'status')
    if SENT_NOW[at[1]] or (at[1] == 'refused' and NO_SUCH_STUDENT[at[2]]) then
      mark_score(line_item(item), given.student)
    end
  end
end)
