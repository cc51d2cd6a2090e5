-- unit, fence, verdict, summary as JSON, reused, what it counts for by class as JSON -> {0} where the claim does not hold,
-- {1}, or {2, classes...} where nothing was done, since submissions of these classes
-- were chosen meanwhile.
local id, fence = ARGV[1], ARGV[2]
local unit = job_key('unit', id)
if not held(unit, fence) then
  local at = redis.call('HMGET', unit, 'state', 'concluded')
  -- Asked again because the answer was lost.
  return { (at[1] == 'done' and at[2] == fence) and 1 or 0 }
end
local counts, uncounted = cjson.decode(ARGV[6]), {}
for _, class in ipairs(classes_of(unit)) do
  if not counts[class] then
    table.insert(uncounted, class)
  end
end
if #uncounted > 0 then
  return { 2, unpack(uncounted) }
end
redis.call('SET', key('unit-verdict', id), ARGV[3])
redis.call('HSET', unit, 'summary', ARGV[4], 'reused', ARGV[5])
for class, fields in pairs(counts) do
  redis.call('HSET', unit, 'counts:' .. class, cjson.encode(fields))
end
conclude('unit', id, 'done')
return { 1 }
