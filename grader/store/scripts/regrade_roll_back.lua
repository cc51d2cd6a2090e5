-- id, fence, cursor, next cursor, 'end' after the last, else 'chunk' or 'turn', rows as JSON -> 1 where the claim held.
local id, fence, from, to, follows = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local fates = regrade_key('fates', id)
local go = chunk(id, fence, 'rolling_back', from)
if go ~= 'go' then
  return go == 'done' and 1 or 0
end
local rows = cjson.decode(ARGV[6])
for _, row in ipairs(rows) do
  local number = (redis.call('HGET', fates, row.submission) or ''):match('^applied:(%d+)$')
  if number then
    local restored = restore(row.submission, number, row.expected, row.summary)
    redis.call('HSET', fates, row.submission, (restored and 'rolled_back:' or 'left:') .. number)
  end
end
walk(id, to, #rows, follows)
if follows == 'end' then
  enter(id, 'rolled_back')
end
return 1
