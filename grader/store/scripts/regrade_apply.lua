-- id, fence, cursor, next cursor, 'end' after the last, else 'chunk' or 'turn', rows as JSON, then the verdict of each
-- row, '' where it has none -> 1 where the claim held.
local id, fence, from, to, follows = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local entries, fates = regrade_key('entries', id), regrade_key('fates', id)
local go = chunk(id, fence, 'applying', from)
if go ~= 'go' then
  return go == 'done' and 1 or 0
end
local rows = cjson.decode(ARGV[6])
for i, row in ipairs(rows) do
  local open = redis.call('HEXISTS', entries, row.submission) == 1
    and redis.call('HEXISTS', fates, row.submission) == 0
  if open and row.fate then
    redis.call('HSET', fates, row.submission, row.fate .. ':')
  elseif open and row.summary then
    local number = replace(row.submission, row.expected, ARGV[6 + i], row.summary, id)
    redis.call('HSET', fates, row.submission, number and 'applied:' .. number or 'changed:')
    if number then
      -- Its own doing is no change of what it selected.
      redis.call('HINCRBY', job_key('regrade', id), 'seen', 1)
    end
  end
end
walk(id, to, #rows, follows)
if follows == 'end' then
  enter(id, 'applied')
end
return 1
