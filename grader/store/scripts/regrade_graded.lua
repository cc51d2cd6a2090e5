-- unit, fence, verdict, summary as JSON, reused -> 1 where the claim held.
local id, fence = ARGV[1], ARGV[2]
local unit = job_key('unit', id)
if not held(unit, fence) then
  local at = redis.call('HMGET', unit, 'state', 'concluded')
  -- Asked again because the answer was lost.
  return (at[1] == 'done' and at[2] == fence) and 1 or 0
end
redis.call('SET', key('unit-verdict', id), ARGV[3])
redis.call('HSET', unit, 'summary', ARGV[4], 'reused', ARGV[5])
conclude('unit', id, 'done')
return 1
