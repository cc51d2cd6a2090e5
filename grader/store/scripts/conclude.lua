-- kind, id, fence, state, then field and value... -> 1 where the claim held.
local kind, id, fence, state = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job = job_key(kind, id)
if not held(job, fence) then
  local at = redis.call('HMGET', job, 'state', 'concluded')
  -- Asked again because the answer was lost.
  return (at[1] == state and at[2] == fence) and 1 or 0
end
if #ARGV > 4 then
  redis.call('HSET', job, unpack(ARGV, 5))
end
conclude(kind, id, state)
return 1
