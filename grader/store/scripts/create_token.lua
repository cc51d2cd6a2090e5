-- id, author or '', then field and value... -> the token's fields and values.
local id, at = ARGV[1], moment()
redis.call('HSET', key('token', id), 'created', at, unpack(ARGV, 3))
redis.call('ZADD', 'bm:tokens', at, id)
local made = redis.call('HMGET', key('token', id), 'course', 'name', 'scopes')
record(made[1], ARGV[2], 'token.create', id, '', { name = made[2], scopes = made[3] })
return redis.call('HGETALL', key('token', id))
