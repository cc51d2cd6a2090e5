-- id, then field and value... -> the token's fields and values.
local id, at = ARGV[1], moment()
redis.call('HSET', key('token', id), 'created', at, unpack(ARGV, 2))
redis.call('ZADD', 'bm:tokens', at, id)
return redis.call('HGETALL', key('token', id))
