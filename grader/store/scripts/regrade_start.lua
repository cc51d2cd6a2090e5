-- id, applying|rolling_back, mode, author or '' -> started, already, or conflict.
local id, phase, mode = ARGV[1], ARGV[2], ARGV[3]
local job = job_key('regrade', id)
local at = redis.call('HMGET', job, 'phase', 'state', 'mode')
local was, failed = at[1], at[2] == 'service_failed'
if phase == 'applying' then
  if (was == 'applying' or was == 'applied') and at[3] == mode and not failed then
    return 'already'
  elseif was ~= 'previewed' or failed then
    return 'conflict'
  end
  redis.call('HSET', job, 'mode', mode)
else
  if (was == 'rolling_back' or was == 'rolled_back') and not failed then
    return 'already'
  elseif was ~= 'applying' and was ~= 'applied' then
    return 'conflict'
  end
end
-- A worker that is still applying it is told so by its next chunk.
withdraw('regrade', id)
redis.call('HSET', job, 'cursor', '+inf', 'walked', 0)
begin(id, phase, 0)
enqueue('regrade', id)
record(get(job, 'course'), ARGV[4], phase == 'applying' and 'regrade.apply' or 'regrade.roll_back', id, '',
  { assignment = get(job, 'assignment'), mode = mode ~= '' and mode or nil })
return 'started'
