-- id, author or '' -> 1 where there is such a submission; it waits and runs no more.
local job = job_key('submission', ARGV[1])
local state = get(job, 'state')
if state == 'queued' or state == 'running' then
  conclude('submission', ARGV[1], 'cancelled')
  local at = redis.call('HMGET', job, 'course', 'assignment', 'student')
  record(at[1], ARGV[2], 'submission.cancel', ARGV[1], at[3], { assignment = at[2] })
end
return state and 1 or 0
