-- course, student, JSON of the person. Marks that could not be sent because nobody knew the person are sent now.
redis.call('HSET', key('lti-users', ARGV[1]), ARGV[2], ARGV[3])
-- Retention looks at the courses in this set.
redis.call('SADD', 'bm:courses-kept', ARGV[1])
for _, item in ipairs(redis.call('SMEMBERS', key('line-items', ARGV[1]))) do
  if get(score_key(item, ARGV[2]), 'reason') == 'unknown_student' then
    mark_score(line_item(item), ARGV[2])
  end
end
