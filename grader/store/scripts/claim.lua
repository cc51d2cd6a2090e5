-- kind, id, lease in ms -> the fencing number, or nil where it does not wait.
local kind, id, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local job, time = job_key(kind, id), now()
if get(job, 'state') ~= 'queued' then
  return nil
end
redis.call('HSET', job, 'state', 'running', 'started', whole(time))
redis.call('HINCRBY', job, 'tries', 1)
redis.call('ZREM', waiting_key(kind), member(kind, id))
redis.call('ZADD', 'bm:leases', whole(time + lease), member(kind, id))
tell(id, 'running')
local fence = redis.call('HINCRBY', job, 'fence', 1)
if kind == 'submission' and fence == 1 then
  observe('waiting_seconds', math.max(0, time - tonumber(get(job, 'queued'))) / 1000)
end
return fence
