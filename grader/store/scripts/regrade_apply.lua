-- id, fence, cursor, next cursor, 'end' after the last, else 'chunk' or 'turn', rows as JSON, then the verdict of each row, in one word where it has
-- none -> 1 where the claim held.
local id, fence, from, to, follows = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local job, entries, fates = job_key('regrade', id), regrade_key('entries', id), regrade_key('fates', id)
local go = chunk(id, fence, 'applying', from)
if go ~= 'go' then
  return go == 'done' and 1 or 0
end
local rows = cjson.decode(ARGV[6])
for i, row in ipairs(rows) do
  local open = redis.call('HEXISTS', entries, row.submission) == 1
    and redis.call('HEXISTS', fates, row.submission) == 0
  if open and row.fate then
    settle(id, row.submission, row.fate)
  elseif open and row.summary then
    local number = replace(row.submission, row.expected, ARGV[6 + i], row.summary, id)
    if number then
      settle(id, row.submission, 'applied', number)
      -- Its own doing is no change of what it selected.
      redis.call('HINCRBY', job, 'seen', 1)
    else
      settle(id, row.submission, 'changed')
    end
  end
end
advance(id, to, #rows, follows)
if follows == 'end' then
  enter(id, 'applied')
end
return 1
