-- course or '' for all, 1 if the course has a token that names it -> how many courses got a record. A course that came
-- without one, by its submissions, tokens or roster, gets it when it is first seen.
local wanted, adopted = ARGV[1], 0

local function adopt(course)
  if redis.call('HEXISTS', 'bm:course-records', course) == 1 then
    -- Nothing is written that a full store would refuse.
    return
  end
  local created = string.format('%.3f', now() / 1000)
  redis.call('HSET', 'bm:course-records', course, '{"id": ' .. cjson.encode(course) .. ', "created": ' .. created .. '}')
  adopted = adopted + 1
end

-- An act alone, such as that of an administrator's token, makes no course.
local function has_content(course)
  return redis.call('EXISTS', key('roster', course), key('policies', course), key('assignments', course),
    key('publications', course), key('lti-context', course), key('assignments-kept', course),
    key('callbacks', course)) > 0
end

if wanted ~= '' then
  if ARGV[2] == '1' or redis.call('SISMEMBER', 'bm:courses', wanted) == 1 or has_content(wanted) then
    adopt(wanted)
  end
  return adopted
end
for _, course in ipairs(redis.call('SMEMBERS', 'bm:courses')) do
  adopt(course)
end
for _, course in ipairs(redis.call('SMEMBERS', 'bm:courses-kept')) do
  if has_content(course) then
    adopt(course)
  end
end
for _, id in ipairs(redis.call('ZRANGE', 'bm:tokens', 0, -1)) do
  local at = redis.call('HMGET', key('token', id), 'course', 'scopes')
  -- A token that sees every course names none.
  if at[1] and not (' ' .. at[2] .. ' '):find(' admin ', 1, true) then
    adopt(at[1])
  end
end
return adopted
