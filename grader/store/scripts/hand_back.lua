-- kind, id, fence -> 1 where it waits again, as if it had not been taken.
local kind, id, fence = ARGV[1], ARGV[2], ARGV[3]
local job = job_key(kind, id)
if held(job, fence) then
  redis.call('HINCRBY', job, 'tries', -1)
  requeue(kind, id)
  count('handed_back')
  return 1
end
-- Asked again because the answer was lost: nobody took it since.
local at = redis.call('HMGET', job, 'state', 'fence')
return (at[1] == 'queued' and at[2] == fence) and 1 or 0
