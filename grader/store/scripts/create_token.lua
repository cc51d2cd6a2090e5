-- id, author or '', 1 if it is deleted some time after it has expired, then field and value... -> the token's fields and
-- values.
local id, at = ARGV[1], moment()
for _, old in ipairs(redis.call('ZRANGEBYSCORE', 'bm:tokens-passing', '-inf', whole(now()), 'LIMIT', 0, 100)) do
  redis.call('DEL', key('token', old))
  redis.call('ZREM', 'bm:tokens', old)
  redis.call('ZREM', 'bm:tokens-passing', old)
end
redis.call('HSET', key('token', id), 'created', at, unpack(ARGV, 4))
redis.call('ZADD', 'bm:tokens', at, id)
local made = redis.call('HMGET', key('token', id), 'course', 'name', 'scopes', 'expires')
if ARGV[3] == '1' then
  redis.call('ZADD', 'bm:tokens-passing', made[4], id)
end
-- A token that sees every course names none.
if not (' ' .. made[3] .. ' '):find(' admin ', 1, true) then
  know_course(made[1])
end
record(made[1], ARGV[2], 'token.create', id, '', { name = made[2], scopes = made[3] })
return redis.call('HGETALL', key('token', id))
