-- Courses: their records, the log of staff's acts, links, and other terms.

-- A course has a record from its first submission, publication, notification or token on, or from the first that staff
-- or an LMS record of it. An act alone, such as that of an administrator's token, makes no course.
local function know_course(course)
  local created = string.format('%.3f', now() / 1000)
  redis.call('HSETNX', 'bm:course-records', course, '{"id": ' .. cjson.encode(course) .. ', "created": ' .. created .. '}')
end

-- An act of staff into the log of its course: `author`, `act`, `subject`, and where there are such `student`, `reason`,
-- `details`, all of them text.
local function audit(course, entry)
  entry.at = moment()
  redis.call('ZADD', key('audit', course), entry.at, cjson.encode(entry))
  redis.call('SADD', 'bm:courses-kept', course)
end

-- The same of an author, if there is one: what the tests do, nobody did. `facts` are the details.
local function record(course, author, act, subject, student, facts)
  if (author or '') ~= '' then
    audit(course, { author = author, act = act, subject = subject, student = student or '',
      details = facts and cjson.encode(facts) or '' })
  end
end

-- No link that an owner, by its keyed hash, had until now is taken any more; '' is no owner.
local function end_links(owner, ending)
  if (owner or '') ~= '' then
    redis.call('HSET', 'bm:links-ended', owner, ending)
  end
end

-- Whether a link still holds: `endings` are those that its owners had when it was made, one behind the other.
local function link_holds(owners, endings)
  local latest = ''
  for _, ending in ipairs(redis.call('HMGET', 'bm:links-ended', unpack(owners))) do
    latest = latest .. (ending or '')
  end
  return latest == endings
end

-- Other rules of time may hold for an assignment: who has read them reads them again.
local function terms_changed(course, assignment)
  redis.call('HINCRBY', key('terms-changed', course), assignment, 1)
  redis.call('SADD', key('assignments-kept', course), assignment)
end

-- Nothing that staff recorded of a student is left; the log keeps what was done, not to whom.
local function forget_student(course, student)
  redis.call('HDEL', key('roster', course), student)
  for _, assignment in ipairs(redis.call('SMEMBERS', key('assignments-kept', course))) do
    local gone = redis.call('HDEL', key('extensions', course, assignment), student)
      + redis.call('HDEL', key('overrides', course, assignment), student)
    if gone > 0 then
      terms_changed(course, assignment)
    end
  end
  local log, named = key('audit', course), '"student":' .. cjson.encode(student)
  for _, each in ipairs(redis.call('ZRANGE', log, 0, -1)) do
    if each:find(named, 1, true) then
      local entry = cjson.decode(each)
      entry.student, entry.reason, entry.details = '', '', ''
      redis.call('ZREM', log, each)
      redis.call('ZADD', log, entry.at, cjson.encode(entry))
    end
  end
end

-- `course`: it has a record from now on.
writes('know_course', function(given)
  know_course(given.course)
end)

-- `course`, `entry`: the entry of the log.
writes('record_act', function(given)
  audit(given.course, given.entry)
end)

-- `course`, `assignment`, `student` or '' for all: other terms hold, which may give other marks.
writes('terms_changed', function(given)
  terms_changed(given.course, given.assignment)
  if given.student == '' then
    mark_all_changed(given.course, given.assignment)
  else
    mark_changed(given.course, given.assignment, given.student)
  end
end)

-- -> a moment that is later than every one before.
writes('moment', function()
  return moment()
end)
