-- Jobs of every kind: claims, leases, and their ends. Whose turn it is is in turns.lua.

-- `kind`, `id`, `lease` in ms -> the fencing number, or nil where it does not wait.
writes('claim', function(given)
  return take(given.kind, given.id, given.lease)
end)

-- `kind`, `id`, `fence`, `lease` in ms -> 1 while the claim holds.
writes('beat', function(given)
  local kind, id = given.kind, given.id
  if not held(job_key(kind, id), given.fence) then
    return 0
  end
  redis.call('ZADD', 'bm:leases', whole(now() + given.lease), member(kind, id))
  return 1
end)

-- `kind`, `id`, `fence` -> 1 where it waits again, as if it had not been taken.
writes('hand_back', function(given)
  local kind, id, fence = given.kind, given.id, given.fence
  local job = job_key(kind, id)
  if held(job, fence) then
    redis.call('HINCRBY', job, 'tries', -1)
    requeue(kind, id)
    count('handed_back')
    return 1
  end
  -- Asked again because the answer was lost: nobody took it since.
  local at = redis.call('HMGET', job, 'state', 'fence')
  return (at[1] == 'queued' and at[2] == fence) and 1 or 0
end)

-- `id`, `fence`, `seconds` used, its `limit` in seconds -> 1 where it waits again, in the slow lane, at the place that
-- it had.
writes('end_slice', function(given)
  local id, fence = given.id, given.fence
  local job = job_key('submission', id)
  if held(job, fence) then
    book(id, given.seconds)
    redis.call('HINCRBY', job, 'tries', -1)
    redis.call('HSET', job, 'lane', 'slow', 'limit', given.limit)
    requeue('submission', id)
    return 1
  end
  -- Asked again because the answer was lost: nobody took it since.
  local at = redis.call('HMGET', job, 'state', 'fence')
  return (at[1] == 'queued' and at[2] == fence) and 1 or 0
end)

-- `kind`, `id`, `fence`, `message`, most `tries` -> {state, 1 where this call made it so}.
writes('failed', function(given)
  local kind, id = given.kind, given.id
  local job = job_key(kind, id)
  if not held(job, given.fence) then
    local state = get(job, 'state')
    -- A unit of a cancelled regrade is planned again.
    return { state ~= 'planned' and state or 'cancelled', 0 }
  end
  return { fail(kind, id, given.message, given.tries), 1 }
end)

-- `kind`, `id`, `fence`, `state`, `fields`: values by name -> 1 where the claim held.
writes('conclude', function(given)
  local kind, id, fence, state = given.kind, given.id, given.fence, given.state
  local job = job_key(kind, id)
  if not held(job, fence) then
    local at = redis.call('HMGET', job, 'state', 'concluded')
    -- Asked again because the answer was lost.
    return (at[1] == state and at[2] == fence) and 1 or 0
  end
  for name, value in pairs(given.fields) do
    redis.call('HSET', job, name, value)
  end
  conclude(kind, id, state)
  return 1
end)

-- most `tries`, `limit`: how many at once, `lease`: ms of one whose job does not say it -> {kind:id, state, tries} of
-- each whose lease ended.
writes('lost', function(given)
  local answer, time = {}, now()
  -- A lease that ends later than a lease from now was given before the clock was set back: it starts anew. So a worker
  -- that lives has the time to renew it, and one that is dead is missed no later than usual. What runs is few.
  local running = redis.call('ZRANGEBYSCORE', 'bm:leases', '(' .. whole(time), '+inf', 'WITHSCORES')
  for i = 1, #running, 2 do
    local kind, id = running[i]:match('^([^:]+):(.+)$')
    local lease = tonumber(get(job_key(kind, id), 'lease') or given.lease)
    if too_late(time, tonumber(running[i + 1]), lease) then
      redis.call('ZADD', 'bm:leases', whole(time + lease), running[i])
    end
  end
  local ended = redis.call('ZRANGEBYSCORE', 'bm:leases', '-inf', whole(time), 'LIMIT', 0, given.limit)
  for _, each in ipairs(ended) do
    local kind, id = each:match('^([^:]+):(.+)$')
    local job = job_key(kind, id)
    if get(job, 'state') == 'running' then
      count('lost_leases')
      local tries = get(job, 'tries')
      local message = 'its worker gave no sign of life, ' .. tries .. ' times'
      table.insert(answer, { each, fail(kind, id, message, given.tries), tries })
    else
      redis.call('ZREM', 'bm:leases', each)
    end
  end
  return answer
end)
