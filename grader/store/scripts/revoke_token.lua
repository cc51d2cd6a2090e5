-- id -> 1 where there is such a token; revoked once, it stays so since then.
local token = key('token', ARGV[1])
if redis.call('EXISTS', token) == 0 then
  return 0
end
redis.call('HSETNX', token, 'revoked', whole(now()))
return 1
