-- course, ms -> how many records of students that are older than that went, and entries of the log. What staff recorded
-- of a student stays while the student has a submission that it concerns.
local course, before = ARGV[1], tonumber(ARGV[2]) / 1000
local gone = redis.call('ZREMRANGEBYSCORE', key('audit', course), '-inf', '(' .. ARGV[2])

local function is_old(record)
  for _, name in ipairs({ 'recorded', 'left', 'due', 'closes' }) do
    if (tonumber(record[name]) or 0) >= before then
      return false
    end
  end
  return true
end

-- Fields of a hash, by student, that are old and concern no submission. `submissions` names the list of a student's.
local function expire(hash, submissions)
  local rows, expired = redis.call('HGETALL', hash), 0
  for row = 1, #rows, 2 do
    if is_old(cjson.decode(rows[row + 1])) and redis.call('EXISTS', submissions(rows[row])) == 0 then
      expired = expired + redis.call('HDEL', hash, rows[row])
    end
  end
  return expired
end

local invitations = redis.call('HGETALL', key('invitations', course))
for row = 1, #invitations, 2 do
  local invitation = cjson.decode(invitations[row + 1])
  if invitation.created + 86400 * invitation.days < before then
    redis.call('HDEL', key('invitations', course), invitations[row])
  end
end
for _, noun in ipairs({ 'roster', 'lti-users' }) do
  gone = gone + expire(key(noun, course), function(student)
    return key('index', course, 'student', student)
  end)
end
for _, assignment in ipairs(redis.call('SMEMBERS', key('assignments-kept', course))) do
  local expired = 0
  for _, noun in ipairs({ 'extensions', 'overrides' }) do
    expired = expired + expire(key(noun, course, assignment), function(student)
      return key('index', course, 'both', assignment, student)
    end)
  end
  if expired > 0 then
    terms_changed(course, assignment)
  end
  gone = gone + expired
end
return gone
