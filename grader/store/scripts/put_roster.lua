-- course, source, entries as a JSON array, the seconds until which whoever they lack has left or '' where they are not
-- the whole roster, the entry of the log as JSON -> how many are new or back, how many are otherwise changed, how many
-- have left. The log is written where any is.
-- Whom staff added, or who was recorded at that time or later, does not leave. An entry without a section keeps its own.
local course, roster = ARGV[1], key('roster', ARGV[1])
local at, complete_at, listed, added, changed, left = now() / 1000, tonumber(ARGV[4]), {}, 0, 0, 0
for _, entry in ipairs(cjson.decode(ARGV[3])) do
  listed[entry.student] = true
  local before = redis.call('HGET', roster, entry.student)
  local stored = before and cjson.decode(before) or { student = entry.student, left = cjson.null }
  if not before or stored.left ~= cjson.null then
    added = added + 1
  elseif stored.name ~= entry.name or stored.lms_id ~= entry.lms_id or stored.source ~= ARGV[2] then
    changed = changed + 1
  elseif entry.section and entry.section ~= cjson.null and entry.section ~= (stored.section or '') then
    changed = changed + 1
  end
  if entry.section and entry.section ~= cjson.null then
    stored.section = entry.section ~= '' and entry.section or nil
  end
  stored.name, stored.lms_id, stored.source = entry.name, entry.lms_id, ARGV[2]
  stored.left, stored.recorded = cjson.null, at
  redis.call('HSET', roster, entry.student, cjson.encode(stored))
end
if complete_at then
  local rows = redis.call('HGETALL', roster)
  for row = 1, #rows, 2 do
    local stored = not listed[rows[row]] and cjson.decode(rows[row + 1])
    if stored and stored.left == cjson.null and stored.source ~= 'staff' and (stored.recorded or 0) < complete_at then
      stored.left = at
      redis.call('HSET', roster, rows[row], cjson.encode(stored))
      left = left + 1
    end
  end
end
know_course(course)
if added + changed + left > 0 then
  audit(course, cjson.decode(ARGV[5]))
end
return { added, changed, left }
