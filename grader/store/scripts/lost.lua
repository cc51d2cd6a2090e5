-- most tries, how many at once, ms of a lease whose job does not say it -> {kind:id, state, tries} of each whose lease ended.
local answer, time = {}, now()
-- A lease that ends later than a lease from now was given before the clock was set back: it starts anew. So a worker that
-- lives has the time to renew it, and one that is dead is missed no later than usual. What runs is few.
local running = redis.call('ZRANGEBYSCORE', 'bm:leases', '(' .. whole(time), '+inf', 'WITHSCORES')
for i = 1, #running, 2 do
  local kind, id = running[i]:match('^([^:]+):(.+)$')
  local lease = tonumber(get(job_key(kind, id), 'lease') or ARGV[3])
  if too_late(time, tonumber(running[i + 1]), lease) then
    redis.call('ZADD', 'bm:leases', whole(time + lease), running[i])
  end
end
local ended = redis.call('ZRANGEBYSCORE', 'bm:leases', '-inf', whole(time), 'LIMIT', 0, ARGV[2])
for _, each in ipairs(ended) do
  local kind, id = each:match('^([^:]+):(.+)$')
  local job = job_key(kind, id)
  if get(job, 'state') == 'running' then
    count('lost_leases')
    local tries = get(job, 'tries')
    local message = 'its worker gave no sign of life, ' .. tries .. ' times'
    table.insert(answer, { each, fail(kind, id, message, ARGV[1]), tries })
  else
    redis.call('ZREM', 'bm:leases', each)
  end
end
return answer
