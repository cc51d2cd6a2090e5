-- id, author or '' -> {resumed|already|conflict, nudges that are due}
local id = ARGV[1]
local job, failed = job_key('regrade', id), regrade_key('failed', id)
local at = redis.call('HMGET', job, 'phase', 'state', 'resume', 'course', 'asked', 'walked')
local phase, broken, again = at[1], at[2] == 'service_failed', redis.call('SCARD', failed) > 0
local previews = phase == 'preparing' or phase == 'previewing' or phase == 'previewed'
if phase == 'applied' or phase == 'rolled_back' or (phase == 'previewed' and not again and not broken) then
  return { 'conflict' }
elseif phase ~= 'cancelled' and not broken and not (previews and again) then
  return { 'already' }
end
record(at[4], ARGV[2], 'regrade.resume', id, '', { assignment = get(job, 'assignment') })
local stopped = broken or phase == 'cancelled'
if phase == 'cancelled' then
  phase = at[3]
  redis.call('HSETNX', key('regrades-asked', at[4]), at[5], id)
end
if phase == 'applying' or phase == 'rolling_back' then
  begin(id, phase, at[6])
  enqueue('regrade', id)
  return { 'resumed', nudges }
end
for _, unit in ipairs(redis.call('SMEMBERS', failed)) do
  redis.call('HSET', job_key('unit', unit), 'state', 'planned')
  redis.call('RPUSH', regrade_key('pending', id), unit)
end
redis.call('DEL', failed)
begin(id, phase == 'preparing' and phase or 'previewing', units_ended(id))
if phase == 'preparing' and stopped then
  enqueue('regrade', id)
end
release(id)
return { 'resumed', nudges }
