-- ms ahead of the clock, most at once -> {events taken, then those that nobody can read}. Each event of the outbox
-- becomes a delivery for every notification of its course that sends it.
local ahead, answer = tonumber(ARGV[1]), { 0 }
for _ = 1, tonumber(ARGV[2]) do
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
        deliver(id, entry.event, entry.submission, entry.at, ahead)
      end
    end
  else
    table.insert(answer, raw)
  end
end
return answer
