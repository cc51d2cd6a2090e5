-- id, author or '' -> 1 where there was such a submission.
local at = redis.call('HMGET', job_key('submission', ARGV[1]), 'course', 'assignment', 'student')
if not remove(ARGV[1]) then
  return 0
end
record(at[1], ARGV[2], 'submission.delete', ARGV[1], at[3], { assignment = at[2] })
return 1
