-- kind, id -> 1 where it waits from now on; 0 where it waits or runs already, or is not there.
local kind, id = ARGV[1], ARGV[2]
local job = job_key(kind, id)
local state = get(job, 'state')
if redis.call('EXISTS', job) == 0 or state == 'queued' or state == 'running' then
  return 0
end
enqueue(kind, id)
return 1
