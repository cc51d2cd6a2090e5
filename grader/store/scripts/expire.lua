-- ms before which it was created, limit -> how many submissions went. What waits or runs is not touched.
local before, limit, gone = ARGV[1], tonumber(ARGV[2]), 0
for _, course in ipairs(redis.call('SMEMBERS', 'bm:courses')) do
  if gone >= limit then
    break
  end
  local all = key('index', course, 'all')
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', '(' .. before, 'LIMIT', 0, 10 * limit)) do
    if gone >= limit then
      break
    end
    local state = get(job_key('submission', id), 'state')
    if state ~= 'queued' and state ~= 'running' then
      remove(id, true)
      gone = gone + 1
    end
  end
end
return gone
