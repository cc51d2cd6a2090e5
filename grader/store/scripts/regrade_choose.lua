-- id, fence, cursor, next cursor, 'end' after the last, else 'chunk' or 'turn', how many were looked at, rows as JSON, by
-- unit and class what a verdict counts for as JSON -> {0} where the claim does not hold, {1, nudges that are
-- due}, or {2, units...} where nothing was done, since these have verdicts and no counts for a row's class. A row
-- without an entry only says that its student's pick is taken.
local id, fence, from, to, follows = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local job = job_key('regrade', id)
local go = chunk(id, fence, 'preparing', from)
if go ~= 'go' then
  return { go == 'done' and 1 or 0 }
end
local rows, counts = cjson.decode(ARGV[7]), cjson.decode(ARGV[8])

local uncounted = {}
for _, row in ipairs(rows) do
  local unit = row.entry and job_key('unit', row.unit)
  if unit and get(unit, 'state') == 'done' and redis.call('HEXISTS', unit, 'counts:' .. row.class) == 0
    and not (counts[row.unit] or {})[row.class] then
    table.insert(uncounted, row.unit)
  end
end
if #uncounted > 0 then
  return { 2, unpack(uncounted) }
end

local function plan(row)
  local unit = job_key('unit', row.unit)
  if redis.call('HSETNX', unit, 'regrade', id) == 1 then
    redis.call('HSET', unit, 'source', row.source, 'filename', row.filename, 'group', row.group, 'state', 'planned',
      'fence', get(job, 'fences') or 0)
    redis.call('RPUSH', regrade_key('pending', id), row.unit)
    redis.call('SADD', regrade_key('units', id), row.unit)
    redis.call('HINCRBY', job, 'sources', 1)
  end
  redis.call('HINCRBY', unit, 'before:' .. row.class, 1)
  redis.call('HINCRBY', unit, 'entries', 1)
  -- A unit that ended already has counted those that it knew.
  local state = get(unit, 'state')
  if state == 'done' then
    if redis.call('HEXISTS', unit, 'counts:' .. row.class) == 0 then
      redis.call('HSET', unit, 'counts:' .. row.class, cjson.encode(counts[row.unit][row.class]))
    end
    tally(job, unit, row.class, 1)
  elseif state == 'service_failed' then
    redis.call('HINCRBY', job, 'could_not_be_graded', 1)
  end
end

for _, row in ipairs(rows) do
  local free = row.pick == '' or redis.call('SADD', regrade_key('taken', id), row.pick) == 1
  -- It may have been deleted since it was read.
  local there = free and row.entry and redis.call('EXISTS', job_key('submission', row.submission)) == 1
  if there and redis.call('HSETNX', regrade_key('entries', id), row.submission, row.entry) == 1 then
    redis.call('ZADD', regrade_key('order', id), row.created, row.submission)
    redis.call('HINCRBY', job, 'submissions', 1)
    plan(row)
  end
end
advance(id, to, ARGV[6], follows)
if follows == 'end' then
  redis.call('DEL', regrade_key('taken', id))
  begin(id, 'previewing', units_ended(job))
end
release(id)
return { 1, nudges }
