-- ms since which it was not touched, units that may go at once -> {how many regrades went, 1 where more may go}. One that
-- waits, runs or is previewed is not touched. One with many units goes in several calls; nobody sees it after the first.
local gone, left = 0, tonumber(ARGV[2])

local function erase(id)
  local job = job_key('regrade', id)
  local at = redis.call('HMGET', job, 'course', 'asked')
  redis.call('ZREM', key('regrades', at[1]), id)
  if redis.call('HGET', key('regrades-asked', at[1]), at[2]) == id then
    redis.call('HDEL', key('regrades-asked', at[1]), at[2])
  end
  redis.call('HSET', job, 'phase', 'erased')
  for _, unit in ipairs(redis.call('SPOP', regrade_key('units', id), left)) do
    redis.call('DEL', job_key('unit', unit), key('unit-verdict', unit))
    left = left - 1
  end
  if redis.call('EXISTS', regrade_key('units', id)) == 1 then
    return
  end
  for _, each in ipairs({ 'entries', 'order', 'fates', 'pending', 'open', 'failed', 'taken', 'units' }) do
    redis.call('UNLINK', regrade_key(each, id))
  end
  redis.call('DEL', job)
  redis.call('ZREM', 'bm:regrades-touched', id)
  gone = gone + 1
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:regrades-touched', '-inf', '(' .. ARGV[1], 'LIMIT', 0, 100)) do
  local at = redis.call('HMGET', job_key('regrade', id), 'phase', 'state')
  if left > 0 and at[1] ~= 'previewing' and redis.call('SCARD', regrade_key('open', id)) == 0 and at[2] ~= 'queued' and at[2] ~= 'running' then
    erase(id)
  end
end
return { gone, left <= 0 and 1 or 0 }
