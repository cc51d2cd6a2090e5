-- id, fence, cursor, next cursor, 'end' after the last, else 'chunk' or 'turn', rows as JSON -> {0} where the claim does
-- not hold, or {1, nudges that are due}. A row without an entry only says that its student's pick is taken.
local id, fence, from, to, follows = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local job = job_key('regrade', id)
local go = chunk(id, fence, 'preparing', from)
if go ~= 'go' then
  return { go == 'done' and 1 or 0 }
end

local function plan(row)
  local unit = job_key('unit', row.unit)
  if redis.call('HSETNX', unit, 'regrade', id) == 1 then
    redis.call('HSET', unit, 'source', row.source, 'filename', row.filename, 'group', row.group, 'state', 'planned',
      'fence', get(job, 'fences') or 0)
    redis.call('RPUSH', regrade_key('pending', id), row.unit)
    redis.call('SADD', regrade_key('units', id), row.unit)
  end
  redis.call('HINCRBY', unit, 'entries', 1)
end

for _, row in ipairs(cjson.decode(ARGV[6])) do
  local free = row.pick == '' or redis.call('SADD', regrade_key('taken', id), row.pick) == 1
  -- It may have been deleted since it was read.
  local there = free and row.entry and redis.call('EXISTS', job_key('submission', row.submission)) == 1
  if there and redis.call('HSETNX', regrade_key('entries', id), row.submission, row.entry) == 1 then
    redis.call('ZADD', regrade_key('order', id), row.created, row.submission)
    plan(row)
  end
end
advance(id, to, follows)
if follows == 'end' then
  redis.call('DEL', regrade_key('taken', id))
  begin(id, 'previewing', units_ended(id))
end
release(id)
return { 1, nudges }
