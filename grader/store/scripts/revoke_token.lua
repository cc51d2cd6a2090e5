-- id, author or '' -> 1 where there is such a token. It stays revoked since the first time.
local token = key('token', ARGV[1])
local at = redis.call('HMGET', token, 'course', 'name')
if not at[1] then
  return 0
end
if redis.call('HSETNX', token, 'revoked', whole(now())) == 1 then
  record(at[1], ARGV[2], 'token.revoke', ARGV[1], '', { name = at[2] })
end
return 1
