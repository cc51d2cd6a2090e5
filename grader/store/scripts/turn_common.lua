-- What scripts about turns share: the seconds that senders have used. Stands before each script, after common.lua.

-- Seconds used count half after so many ms, and are forgotten after so many: then a four-thousandth of them is left.
local HALVED, FORGOTTEN = 600000, 7200000

-- The seconds of gradings that a sender's submissions used lately.
local function seconds_used(sender)
  local at = redis.call('HMGET', key('used', sender), 'seconds', 'at')
  return at[1] and tonumber(at[1]) * 0.5 ^ (math.max(0, now() - tonumber(at[2])) / HALVED) or 0
end

-- A running or waiting submission, with its sender as `known` has it: a table of senders by name. Nil in another state.
-- Earlier versions record no sender: there it is the student, whose name has the browser if it was typed.
local function look_at(id, state, known)
  local at = redis.call('HMGET', job_key('submission', id), 'state', 'course', 'student', 'sender', 'started')
  if at[1] ~= state then
    return nil
  end
  local name = at[4] or at[2] .. ':' .. at[3]
  local sender = known[name] or { used = seconds_used(name), running = 0 }
  known[name] = sender
  if state == 'running' then
    -- What it took so far is used, whatever its end says.
    sender.used, sender.running = sender.used + math.max(0, now() - tonumber(at[5])) / 1000, 1
  end
  return { id = id, sender = sender }
end

-- The submissions that run, with their senders in `known`.
local function look_at_running(known)
  local found = {}
  for _, each in ipairs(redis.call('ZRANGE', 'bm:leases', 0, -1)) do
    local id = each:match('^submission:(.+)$')
    table.insert(found, id and look_at(id, 'running', known))
  end
  return found
end

-- Whether a turn comes before another: the first number in which they differ decides.
local function comes_before(turn, other)
  for i, number in ipairs(turn) do
    if number ~= other[i] then
      return number < other[i]
    end
  end
  return false
end

-- A grading of a submission took so many seconds.
local function book(id, seconds)
  local at = redis.call('HMGET', job_key('submission', id), 'course', 'student', 'sender')
  local sender = at[3] or at[1] .. ':' .. at[2]
  local used = key('used', sender)
  redis.call('HSET', used, 'seconds', string.format('%.4f', seconds_used(sender) + seconds), 'at', whole(now()))
  redis.call('PEXPIRE', used, FORGOTTEN)
end

