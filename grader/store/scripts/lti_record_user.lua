-- course, student, JSON of the person. Marks that were not sent because nobody knew the person or the platform, because
-- this was no student then, or because the platform had no such student in the course, are sent now.
local person = cjson.decode(ARGV[3])
local SENT_NOW = { unknown_student = true, unknown_platform = true, staff = not person.staff }
local NO_SUCH_STUDENT = { ['400'] = true, ['404'] = true, ['422'] = true }
redis.call('HSET', key('lti-users', ARGV[1]), ARGV[2], ARGV[3])
-- Retention looks at the courses in this set.
redis.call('SADD', 'bm:courses-kept', ARGV[1])
for _, item in ipairs(redis.call('SMEMBERS', key('line-items', ARGV[1]))) do
  local at = redis.call('HMGET', score_key(item, ARGV[2]), 'reason', 'status')
  if SENT_NOW[at[1]] or (at[1] == 'refused' and NO_SUCH_STUDENT[at[2]]) then
    mark_score(line_item(item), ARGV[2])
  end
end
