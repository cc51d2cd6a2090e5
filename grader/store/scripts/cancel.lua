-- id -> 1 where there is such a submission; it waits and runs no more.
local job = job_key('submission', ARGV[1])
local state = get(job, 'state')
if state == 'queued' or state == 'running' then
  conclude('submission', ARGV[1], 'cancelled')
end
return state and 1 or 0
