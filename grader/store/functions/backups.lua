-- Backups: keys as they are, and all of a restored one at once.

-- the keys to read, `mark`, `most_bytes`, `most_items` -> of each of the first keys, until their strings are as long as
-- that: its type, when it expires (ms since 1970, or a negative number) and its content, or false if it has more items.
-- Touches the mark, unless that is empty.
always('backup_read', function(given, keys)
  local LENGTHS = { hash = 'HLEN', set = 'SCARD', zset = 'ZCARD', list = 'LLEN' }
  local size, answer = 0, {}
  for _, name in ipairs(keys) do
    if size > given.most_bytes then
      break
    end
    local kind, content = redis.call('TYPE', name).ok, {}
    if kind == 'string' then
      content = { redis.call('GET', name) }
      size = size + #content[1]
    elseif LENGTHS[kind] and redis.call(LENGTHS[kind], name) > given.most_items then
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
  if given.mark ~= '' then
    redis.call('SET', key('backup', given.mark), '', 'PX', 600000)
  end
  return answer
end)

-- -> 1 once every key of `bm:restoring:` has its own name, 0 where the store holds anything else of Backmark's.
always('backup_restore', function()
  local STAGED, cursor, staged = 'bm:restoring:', '0', {}
  repeat
    local page = redis.call('SCAN', cursor, 'MATCH', 'bm:*', 'COUNT', 1000)
    cursor = page[1]
    for _, name in ipairs(page[2]) do
      if name:sub(1, #STAGED) ~= STAGED then
        return 0
      end
      -- A scan may name a key twice.
      staged[name] = true
    end
  until cursor == '0'
  for name in pairs(staged) do
    redis.call('RENAME', name, 'bm:' .. name:sub(#STAGED + 1))
  end
  return 1
end)
