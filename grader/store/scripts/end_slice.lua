-- id, fence, seconds used, its limit in seconds -> 1 where it waits again, in the slow lane, at the place that it had.
local id, fence = ARGV[1], ARGV[2]
local job = job_key('submission', id)
if held(job, fence) then
  book(id, tonumber(ARGV[3]))
  redis.call('HINCRBY', job, 'tries', -1)
  redis.call('HSET', job, 'lane', 'slow', 'limit', ARGV[4])
  requeue('submission', id)
  return 1
end
-- Asked again because the answer was lost: nobody took it since.
local at = redis.call('HMGET', job, 'state', 'fence')
return (at[1] == 'queued' and at[2] == fence) and 1 or 0
