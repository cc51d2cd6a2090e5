-- course, student, JSON of the person. Marks that were not sent because nobody knew the person, or because this was no
-- student then, are sent now.
local person = cjson.decode(ARGV[3])
redis.call('HSET', key('lti-users', ARGV[1]), ARGV[2], ARGV[3])
-- Retention looks at the courses in this set.
redis.call('SADD', 'bm:courses-kept', ARGV[1])
for _, item in ipairs(redis.call('SMEMBERS', key('line-items', ARGV[1]))) do
  local reason = get(score_key(item, ARGV[2]), 'reason')
  if reason == 'unknown_student' or (reason == 'staff' and not person.staff) then
    mark_score(line_item(item), ARGV[2])
  end
end
