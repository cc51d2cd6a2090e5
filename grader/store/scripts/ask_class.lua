-- course, revision, author or '', submission, its student, its assignment, places in the pool... -> Everybody in the
-- course is asked about these fresh cases from now on.
local course, revision = ARGV[1], ARGV[2]
for i = 7, #ARGV do
  redis.call('SADD', key('asked-of-all', course), revision .. ' ' .. ARGV[i])
end
record(course, ARGV[3], 'submission.ask_class', ARGV[4], ARGV[5], { assignment = ARGV[6] })
