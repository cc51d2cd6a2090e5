-- index, the newest time to look at as ZREVRANGEBYSCORE has it, most to look at, most to find, then a field of a
-- submission and the value that it must have, as often as asked -> {the time of the last that was looked at, or '' where
-- there is no other, then the ids found, newest first, each with its time}. Of `mistakes` one must be the value; `who` and
-- `without` are JSON: the student is in `students`, or has `part`, in lower case, in the name; the assignment is none of
-- the list.
local rows = redis.call('ZREVRANGEBYSCORE', ARGV[1], ARGV[2], '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local found, names, named, part, without = {}, {}, {}, nil, {}
local compared = { who = 'student', without = 'assignment' }
-- Ids need no escaping.
local prefix = job_key('submission', '')
for at = 5, #ARGV, 2 do
  if ARGV[at] == 'who' then
    local who = cjson.decode(ARGV[at + 1])
    for _, student in ipairs(who.students) do
      named[student] = true
    end
    part = who.part
  elseif ARGV[at] == 'without' then
    for _, assignment in ipairs(cjson.decode(ARGV[at + 1])) do
      without[assignment] = true
    end
  end
  table.insert(names, compared[ARGV[at]] or ARGV[at])
end

local function matches(id)
  local values = redis.call('HMGET', prefix .. id, unpack(names))
  for at, name in ipairs(names) do
    local value, wanted = values[at] or '', ARGV[4 + 2 * at]
    if ARGV[3 + 2 * at] == 'who' then
      if not named[value] and not value:lower():find(part, 1, true) then
        return false
      end
    elseif ARGV[3 + 2 * at] == 'without' then
      if without[value] then
        return false
      end
    elseif name == 'mistakes' then
      value, wanted = ' ' .. value .. ' ', ' ' .. wanted .. ' '
      if not value:find(wanted, 1, true) then
        return false
      end
    elseif value ~= wanted then
      return false
    end
  end
  return true
end

for at = 1, #rows, 2 do
  if #names == 0 or matches(rows[at]) then
    table.insert(found, rows[at])
    table.insert(found, rows[at + 1])
    if #found == 2 * tonumber(ARGV[4]) then
      return { rows[at + 1], unpack(found) }
    end
  end
end
return { #rows == 2 * tonumber(ARGV[3]) and rows[#rows] or '', unpack(found) }
