-- id, limit -> ids of other students' submissions for the same assignment with the same source.
local answer, limit = {}, tonumber(ARGV[2])
local own = redis.call('HMGET', job_key('submission', ARGV[1]), 'course', 'assignment', 'student', 'source')
if not own[4] then
  return answer
end
for _, each in ipairs(redis.call('SMEMBERS', key('source-users', own[4]))) do
  if #answer >= limit then
    break
  end
  local other = redis.call('HMGET', job_key('submission', each), 'course', 'assignment', 'student')
  if other[1] == own[1] and other[2] == own[2] and other[3] ~= own[3] then
    table.insert(answer, each)
  end
end
return answer
