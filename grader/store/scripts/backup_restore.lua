-- -> 1 once every key of `bm:restoring:` has its own name, 0 where the store holds anything else of Backmark's.
local STAGED, cursor, staged = 'bm:restoring:', '0', {}
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', 'bm:*', 'COUNT', 1000)
  cursor = page[1]
  for _, name in ipairs(page[2]) do
    if name:sub(1, #STAGED) ~= STAGED then
      return 0
    end
    -- A scan may name a key twice.
    staged[name] = true
  end
until cursor == '0'
for name in pairs(staged) do
  redis.call('RENAME', name, 'bm:' .. name:sub(#STAGED + 1))
end
return 1
