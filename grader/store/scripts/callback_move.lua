-- ms ahead of the clock, most at once -> {events taken, then those that nobody can read}. Each event of the outbox
-- becomes a delivery for every endpoint of its course that asked for its kind.
local ahead, answer = tonumber(ARGV[1]), { 0 }
local due = whole(now() + ahead)
for _ = 1, tonumber(ARGV[2]) do
  local raw = redis.call('LPOP', 'bm:outbox')
  if not raw then
    break
  end
  answer[1] = answer[1] + 1
  local readable, entry = pcall(cjson.decode, raw)
  if readable and type(entry) == 'table' and entry.course and entry.event and entry.submission and entry.at then
    for _, id in ipairs(redis.call('ZRANGE', key('callbacks', entry.course), 0, -1)) do
      local at = redis.call('HMGET', key('callback', id), 'events', 'disabled')
      if at[1] and not at[2] and (' ' .. at[1] .. ' '):find(' ' .. entry.event .. ' ', 1, true) then
        local created = string.format('%.3f', tonumber(moment()) + ahead)
        local delivery = 'msg_' .. redis.sha1hex(id .. ' ' .. created)
        redis.call('HSET', key('delivery', delivery), 'endpoint', id, 'event', entry.event,
          'submission', entry.submission, 'at', whole(entry.at), 'created', created, 'state', 'pending',
          'attempts', 0, 'fence', 0, 'wait', 0)
        redis.call('ZADD', key('deliveries', 'pending', id), created, delivery)
        redis.call('ZADD', key('deliveries', 'waiting', id), due, delivery)
        redis.call('ZADD', 'bm:deliveries:due', 'LT', due, id)
      end
    end
  else
    table.insert(answer, raw)
  end
end
return answer
