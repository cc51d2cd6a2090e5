-- id: its units go back to where they came from, running ones too: to be graded after `resume`.
local id = ARGV[1]
local job, open = job_key('regrade', id), regrade_key('open', id)
if get(job, 'state') ~= 'done' then
  conclude('regrade', id, 'cancelled')
end
for _, unit in ipairs(redis.call('SMEMBERS', open)) do
  withdraw('unit', unit)
  redis.call('HSET', job_key('unit', unit), 'state', 'planned')
  redis.call('LPUSH', regrade_key('pending', id), unit)
end
redis.call('DEL', open)
redis.call('HSET', job, 'resume', get(job, 'phase'))
enter(id, 'cancelled')
