-- mark, most bytes, most items, keys... -> of each of the first keys, until their strings are as long as that: its type,
-- when it expires (ms since 1970, or a negative number) and its content, or false if it has more items. Touches the mark,
-- unless that is empty.
local LENGTHS = { hash = 'HLEN', set = 'SCARD', zset = 'ZCARD', list = 'LLEN' }
local most_bytes, most_items, size, answer = tonumber(ARGV[2]), tonumber(ARGV[3]), 0, {}
for i = 4, #ARGV do
  if size > most_bytes then
    break
  end
  local name = ARGV[i]
  local kind, content = redis.call('TYPE', name).ok, {}
  if kind == 'string' then
    content = { redis.call('GET', name) }
    size = size + #content[1]
  elseif LENGTHS[kind] and redis.call(LENGTHS[kind], name) > most_items then
    content = false
  elseif kind == 'hash' then
    content = redis.call('HGETALL', name)
  elseif kind == 'set' then
    content = redis.call('SMEMBERS', name)
  elseif kind == 'zset' then
    content = redis.call('ZRANGE', name, 0, -1, 'WITHSCORES')
  elseif kind == 'list' then
    content = redis.call('LRANGE', name, 0, -1)
  end
  table.insert(answer, { kind, redis.call('PEXPIRETIME', name), content })
end
if ARGV[1] ~= '' then
  redis.call('SET', key('backup', ARGV[1]), '', 'PX', 600000)
end
return answer
