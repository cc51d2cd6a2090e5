-- A token's id, the SHA-256 of its secret, a share as JSON -> {its fields and values, seconds since 1970, and what counting
-- the request against the share returned}. A request with another secret counts against nobody.
local token = key('token', ARGV[1])
local wait, full = 0, 0
if get(token, 'sha256') == ARGV[2] then
  wait, full = count_request(cjson.decode(ARGV[3]))
end
return { redis.call('HGETALL', token), redis.call('TIME')[1], wait, full }
