-- course, student, author or '', keyed hash of the student's links or '', name of their ending -> how many submissions
-- went.
end_links(ARGV[4], ARGV[5])
local ids = redis.call('ZRANGE', key('index', ARGV[1], 'student', ARGV[2]), 0, -1)
for _, each in ipairs(ids) do
  remove(each)
end
redis.call('DEL', key('attempts', ARGV[1], ARGV[2]))
unname(ARGV[1], ARGV[2])
forget_student(ARGV[1], ARGV[2])
forget_scores(ARGV[1], ARGV[2])
-- Not whom.
record(ARGV[1], ARGV[3], 'student.delete', '', '', { submissions = #ids })
redis.call('HDEL', key('lti-users', ARGV[1]), ARGV[2])
return #ids
