-- most tries, how many at once -> {kind:id, state, tries} of each whose lease ended.
local answer = {}
local ended = redis.call('ZRANGEBYSCORE', 'bm:leases', '-inf', whole(now()), 'LIMIT', 0, ARGV[2])
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
