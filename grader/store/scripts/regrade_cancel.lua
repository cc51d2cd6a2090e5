-- id, author or '' -> cancelled, already, or conflict.
local id = ARGV[1]
local job = job_key('regrade', id)
local phase, state = get(job, 'phase'), get(job, 'state')
if phase == 'cancelled' then
  return 'already'
elseif phase ~= 'preparing' and phase ~= 'previewing' and phase ~= 'previewed' then
  return 'conflict'
end
if state ~= 'done' then
  conclude('regrade', id, 'cancelled')
end
-- Back to where they came from, running ones too: to be graded after `resume`.
local open = regrade_key('open', id)
for _, unit in ipairs(redis.call('SMEMBERS', open)) do
  withdraw('unit', unit)
  redis.call('HSET', job_key('unit', unit), 'state', 'planned')
  redis.call('LPUSH', regrade_key('pending', id), unit)
end
redis.call('DEL', open)
redis.call('HSET', job, 'resume', phase)
enter(id, 'cancelled')
record(get(job, 'course'), ARGV[2], 'regrade.cancel', id, '', { assignment = get(job, 'assignment') })
return 'cancelled'
