-- Notifications: events become deliveries, which are claimed and concluded. In keys a notification is a callback.

-- One event to be delivered to one notification, from now on; `ahead` ms ahead of the clock.
local function deliver(id, event, subject, at, ahead)
  local created, due = string.format('%.3f', tonumber(moment()) + ahead), whole(now() + ahead)
  local delivery = 'msg_' .. redis.sha1hex(id .. ' ' .. created)
  redis.call('HSET', key('delivery', delivery), 'endpoint', id, 'event', event, 'submission', subject,
    'at', whole(at), 'created', created, 'state', 'pending', 'attempts', 0, 'fence', 0, 'wait', 0)
  redis.call('ZADD', key('deliveries', 'pending', id), created, delivery)
  redis.call('ZADD', key('deliveries', 'waiting', id), due, delivery)
  redis.call('ZADD', 'bm:notifications:due', 'LT', due, id)
  return delivery
end

-- A notification with its deliveries, also those that are under way.
local function remove_notification(id)
  local notification = key('callback', id)
  local course = redis.call('HGET', notification, 'course')
  for _, state in ipairs({ 'pending', 'delivered', 'failed' }) do
    local list = key('deliveries', state, id)
    for _, each in ipairs(redis.call('ZRANGE', list, 0, -1)) do
      redis.call('DEL', key('delivery', each))
    end
    redis.call('DEL', list)
  end
  redis.call('DEL', notification, key('deliveries', 'waiting', id), key('deliveries', 'held', id))
  redis.call('ZREM', 'bm:notifications:due', id)
  redis.call('ZREM', key('callbacks', course), id)
end

-- `ahead`: ms ahead of the clock, `limit`: most at once -> {events taken, then those that nobody can read}. Each event
-- of the outbox becomes a delivery for every notification of its course that sends it.
writes('notification_move', function(given)
  local answer = { 0 }
  for _ = 1, given.limit do
    local raw = redis.call('LPOP', 'bm:outbox')
    if not raw then
      break
    end
    answer[1] = answer[1] + 1
    local readable, entry = pcall(cjson.decode, raw)
    if readable and type(entry) == 'table' and entry.course and entry.event and entry.submission and entry.at then
      for _, id in ipairs(redis.call('ZRANGE', key('callbacks', entry.course), 0, -1)) do
        local at = redis.call('HMGET', key('callback', id), 'sends', 'disabled')
        if not at[2] and (' ' .. at[1] .. ' '):find(' ' .. entry.event .. ' ', 1, true) then
          deliver(id, entry.event, entry.submission, entry.at, given.ahead)
        end
      end
    else
      table.insert(answer, raw)
    end
  end
  return answer
end)

-- `ahead`: ms ahead of the clock, `limit`: most at once, `most` of one notification at a time, `lease` in ms ->
-- {delivery, fence, url, secret, the old secret while it signs along, event, subject, ms of the event, attempt, kind,
-- course}
writes('notification_claim', function(given)
  local time, limit, most = now() + given.ahead, given.limit, given.most
  local lease, answer = whole(time + given.lease), {}

  -- If the clock was set back, deliveries seem to be due later than they were put off for: their `wait` starts anew.
  -- Of a notification that is not due, those are looked at that are under way or come first.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:notifications:due', '(' .. whole(time), '+inf', 'LIMIT', 0, 1000)) do
    local waiting, held = key('deliveries', 'waiting', id), key('deliveries', 'held', id)
    for _, list in ipairs({ redis.call('ZRANGE', held, 0, -1, 'WITHSCORES'),
      redis.call('ZRANGE', waiting, 0, 15, 'WITHSCORES') }) do
      for i = 1, #list, 2 do
        local each, delivery = list[i], key('delivery', list[i])
        local wait = tonumber(get(delivery, 'wait') or given.lease)
        if too_late(time, tonumber(list[i + 1]), wait) then
          local due = whole(time + wait)
          redis.call('ZADD', waiting, 'XX', due, each)
          redis.call('ZADD', held, 'XX', due, each)
          if get(delivery, 'due') then
            redis.call('HSET', delivery, 'due', due)
          end
          redis.call('ZADD', 'bm:notifications:due', 'LT', due, id)
        end
      end
    end
  end

  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:notifications:due', '-inf', whole(time), 'LIMIT', 0, limit)) do
    local at = redis.call('HMGET', key('callback', id), 'url', 'secret', 'previous', 'previous_until', 'failures', 'kind',
      'course')
    local waiting, held = key('deliveries', 'waiting', id), key('deliveries', 'held', id)
    redis.call('ZREMRANGEBYSCORE', held, '-inf', whole(time))
    -- One that fails is tried one at a time: it may be slow, and its threads are others' too.
    local places = tonumber(at[5] or '0') > 0 and 1 or most
    local free = math.min(places - redis.call('ZCARD', held), limit - #answer)
    if free > 0 then
      for _, each in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', whole(time), 'LIMIT', 0, free)) do
        local delivery = key('delivery', each)
        local fence = redis.call('HINCRBY', delivery, 'fence', 1)
        local attempt = redis.call('HINCRBY', delivery, 'attempts', 1)
        redis.call('HSET', delivery, 'wait', whole(given.lease))
        redis.call('ZADD', waiting, lease, each)
        redis.call('ZADD', held, lease, each)
        local old = at[4] and tonumber(at[4]) > time and at[3] or ''
        local about = redis.call('HMGET', delivery, 'event', 'submission', 'at')
        table.insert(answer, { each, fence, at[1], at[2], old, about[1], about[2], about[3], attempt, at[6],
          at[7] })
      end
    end
    local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
    if not first then
      redis.call('ZREM', 'bm:notifications:due', id)
    elseif redis.call('ZCARD', held) >= places then
      -- Full: looked at again when one is concluded, or loses its lease.
      redis.call('ZADD', 'bm:notifications:due', redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')[2], id)
    else
      redis.call('ZADD', 'bm:notifications:due', first, id)
    end
  end
  return answer
end)

-- `ahead`: ms ahead of the clock, `delivery`, `fence`, `result`: delivered|retry|drop|gone, HTTP `status` or '',
-- `error`: what went wrong, `pause`: ms to wait, `give_up`: ms from its creation after which it is given up, `kept`: ms
-- for which its end is remembered, `kept_successes`: how many of these -> pending|delivered|failed, or nil where it was
-- not this attempt's to conclude.
writes('notification_conclude', function(given)
  local time, id, how, wrong = now() + given.ahead, given.delivery, given.result, given.error
  local delivery = key('delivery', id)
  local at = redis.call('HMGET', delivery, 'state', 'fence', 'endpoint', 'created')
  if at[1] ~= 'pending' or at[2] ~= given.fence then
    return nil
  end
  local notification = key('callback', at[3])
  local waiting, held = key('deliveries', 'waiting', at[3]), key('deliveries', 'held', at[3])

  local function finish(each, state)
    local list = key('deliveries', state, at[3])
    redis.call('HSET', key('delivery', each), 'state', state, 'ended', whole(time))
    redis.call('HDEL', key('delivery', each), 'due')
    redis.call('PEXPIRE', key('delivery', each), given.kept)
    redis.call('ZREM', waiting, each)
    redis.call('ZREM', held, each)
    redis.call('ZREM', key('deliveries', 'pending', at[3]), each)
    redis.call('ZADD', list, redis.call('HGET', key('delivery', each), 'created'), each)
    redis.call('PEXPIRE', list, given.kept)
  end

  local state = 'pending'
  local last = math.floor(tonumber(at[4])) + given.give_up
  redis.call('HSET', delivery, 'status', given.status, 'error', wrong)
  count('callbacks:' .. how)
  redis.call('ZREM', held, id)
  if how == 'delivered' then
    redis.call('HSET', notification, 'failures', 0)
    state = 'delivered'
  elseif how == 'retry' then
    redis.call('HINCRBY', notification, 'failures', 1)
    if time >= last then
      state = 'failed'
    else
      -- The last try is made when the time is up, however long the next pause would be.
      local due = whole(math.min(time + given.pause, last))
      redis.call('HSET', delivery, 'due', due, 'wait', whole(due - time))
      redis.call('ZADD', waiting, due, id)
    end
  else
    state = 'failed'
  end
  if state ~= 'pending' then
    finish(id, state)
  end
  if how == 'gone' then
    redis.call('HSET', notification, 'disabled', whole(time), 'reason', wrong)
    for _, each in ipairs(redis.call('ZRANGE', waiting, 0, -1)) do
      redis.call('HSET', key('delivery', each), 'error', 'not sent: ' .. wrong)
      finish(each, 'failed')
    end
  end

  local old = redis.call('ZRANGE', key('deliveries', 'delivered', at[3]), 0, -1 - given.kept_successes)
  for _, each in ipairs(old) do
    redis.call('DEL', key('delivery', each))
    redis.call('ZREM', key('deliveries', 'delivered', at[3]), each)
  end
  -- Those whose hashes have expired: created at the latest before they were remembered for that long.
  redis.call('ZREMRANGEBYSCORE', key('deliveries', 'failed', at[3]), '-inf', whole(time - given.kept - 2 * given.give_up))

  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
  if first then
    redis.call('ZADD', 'bm:notifications:due', first, at[3])
  else
    redis.call('ZREM', 'bm:notifications:due', at[3])
  end
  return state
end)

-- `ahead`: ms ahead of the clock, `id`, `author` or '' -> the delivery of a test message, or nil where there is no such
-- notification, or it is disabled.
writes('notification_test', function(given)
  local at = redis.call('HMGET', key('callback', given.id), 'course', 'disabled')
  if not at[1] or at[2] then
    return nil
  end
  record(at[1], given.author, 'notification.test', given.id)
  return deliver(given.id, 'notification.test', '', now() + given.ahead, given.ahead)
end)

-- `id`: the notification goes with its deliveries, also those that are under way.
writes('notification_remove', function(given)
  remove_notification(given.id)
end)

-- `event`, `subject`: the submission or the regrade that it is about, `course`: for notifications.
writes('notify', function(given)
  notify(given.event, given.subject, given.course)
end)

-- `course`, `assignment`: its verdicts were held back, and are not any more. For notifications each is an event now.
writes('notify_published', function(given)
  local course = given.course
  if redis.call('EXISTS', key('callbacks', course)) == 0 then
    return
  end
  for _, id in ipairs(redis.call('ZRANGE', key('index', course, 'assignment', given.assignment), 0, -1)) do
    local at = redis.call('HMGET', job_key('submission', id), 'state', 'outcome')
    if at[1] == 'done' and at[2] ~= 'rejected' then
      notify('submission.done', id, course)
    end
  end
end)
