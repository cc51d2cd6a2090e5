-- limit -> kind:id of each that waits without a message, oldest first.
local limit, time, answer = tonumber(ARGV[1]), now(), {}
local taken = redis.call('HLEN', CELERY .. 'unacked')
for _, queue in ipairs({ 'interactive', 'staff', 'regrade' }) do
  local waiting = key('waiting', queue)
  local missing = missing_messages(queue)
  -- What was given back has its message in a queue ahead of the others, except a regrade's.
  local ahead = queue == 'regrade' and 0 or redis.call('LLEN', CELERY .. 'again')
  -- A message that is taken may be a dead worker's: where none is left in the queue, those count for nothing.
  if ahead + redis.call('LLEN', CELERY .. queue) > 0 then
    missing = missing - ahead - taken
  end
  if missing > 0 then
    local members = redis.call('ZRANGE', waiting, 0, 10 * limit)
    for _, each in ipairs(queue == 'interactive' and redis.call('ZRANGE', key('waiting', 'slow'), 0, limit) or {}) do
      table.insert(members, each)
    end
    for _, each in ipairs(members) do
      if missing <= 0 or #answer >= limit then
        break
      end
      local kind, id = each:match('^([^:]+):(.+)$')
      local job = job_key(kind, id)
      local resend = tonumber(get(job, 'resend') or '0')
      if resend <= time or too_late(time, resend, SENT_AGAIN) then
        redis.call('HSET', job, 'resend', whole(time + SENT_AGAIN))
        table.insert(answer, each)
        missing = missing - 1
      end
    end
  end
end
if #answer > 0 then
  count('sent_again', #answer)
end
return answer
