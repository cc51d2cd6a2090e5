-- ms since which it was not touched, units that may go at once -> {how many regrades went, 1 where more may go}. One that
-- waits, runs or is previewed is not touched. One with many units goes in several calls; nobody sees it after the first.
local gone, left = 0, tonumber(ARGV[2])

for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:regrades-touched', '-inf', '(' .. ARGV[1], 'LIMIT', 0, 100)) do
  local at = redis.call('HMGET', job_key('regrade', id), 'phase', 'state')
  if left > 0 and at[1] ~= 'previewing' and redis.call('SCARD', regrade_key('open', id)) == 0 and at[2] ~= 'queued' and at[2] ~= 'running' then
    local units, whole = erase_regrade(id, left)
    gone, left = gone + (whole and 1 or 0), left - units
  end
end
return { gone, left <= 0 and 1 or 0 }
