-- unit, fence, verdict, summary as JSON, reused, what it counts for by class as JSON -> {1 where the claim held, then
-- units whose messages are missing}
local id, fence = ARGV[1], ARGV[2]
local unit = job_key('unit', id)
if not held(unit, fence) then
  local at = redis.call('HMGET', unit, 'state', 'concluded')
  -- Asked again because the answer was lost.
  return { (at[1] == 'done' and at[2] == fence) and 1 or 0 }
end
redis.call('SET', key('unit-verdict', id), ARGV[3])
redis.call('HSET', unit, 'summary', ARGV[4], 'reused', ARGV[5])
for class, fields in pairs(cjson.decode(ARGV[6])) do
  redis.call('HSET', unit, 'counts:' .. class, cjson.encode(fields))
end
conclude('unit', id, 'done')
return { 1, unpack(unsent) }
