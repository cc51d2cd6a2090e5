-- kind, lease in ms, 1 to go on after another of the kind -> {id, fencing number} of the submission or unit whose turn it
-- is, or nil if none waits, or if whoever goes on with units would keep somebody waiting for an answer: not a regrade,
-- which has had its turn.
-- Units go by place in the queue. Of submissions it is an order, not a cap: as long as anything waits, whoever asks is
-- given something. By place in the queue come first students who have none running, then those who have. While a
-- submission of a student whose last verdict was a timeout runs, all others of such students come last: they share one
-- worker.
local LOOKED_AT = 1000
local kind, lease = ARGV[1], tonumber(ARGV[2])

local function somebody_waits()
  if redis.call('EXISTS', key('waiting', 'interactive')) == 1 then
    return true
  end
  for _, each in ipairs(redis.call('ZRANGE', key('waiting', 'staff'), 0, -1)) do
    if each:sub(1, 8) ~= 'regrade:' then
      return true
    end
  end
  return false
end

if redis.call('ZCARD', waiting_key(kind)) == 0 then
  -- Workers that went on have left messages about nothing: none of them need be looked at.
  redis.call('DEL', CELERY .. QUEUES[kind])
  return nil
end
if kind == 'unit' then
  if ARGV[3] == '1' and somebody_waits() then
    return nil
  end
  for place = 0, LOOKED_AT do
    local first = redis.call('ZRANGE', waiting_key(kind), place, place)[1]
    local id = first and first:match('^unit:(.+)$')
    local fence = id and take(kind, id, lease)
    if fence or not first then
      return fence and { id, fence } or nil
    end
  end
  return nil
end

local slow, running, slow_runs = {}, {}, false

-- The submission's student, or nil if it is not in that state.
local function student_of(id, state)
  local at = redis.call('HMGET', job_key('submission', id), 'state', 'course', 'student')
  if at[1] ~= state then
    return nil
  end
  local student = at[2] .. '\0' .. at[3]
  if slow[student] == nil then
    slow[student] = redis.call('SISMEMBER', key('slow', at[2]), at[3]) == 1
  end
  return student
end

for _, each in ipairs(redis.call('ZRANGE', 'bm:leases', 0, -1)) do
  local id = each:match('^submission:(.+)$')
  local student = id and student_of(id, 'running')
  if student then
    running[student] = true
    slow_runs = slow_runs or slow[student]
  end
end

local chosen, lowest
for _, each in ipairs(redis.call('ZRANGE', waiting_key('submission'), 0, LOOKED_AT - 1)) do
  local id = each:match('^submission:(.+)$')
  local student = student_of(id, 'queued')
  local rank = student and (running[student] and 1 or 0) + (slow_runs and slow[student] and 2 or 0)
  if rank and (not lowest or rank < lowest) then
    chosen, lowest = id, rank
  end
  if rank == 0 then
    break
  end
end
return chosen and { chosen, take('submission', chosen, lease) } or nil
