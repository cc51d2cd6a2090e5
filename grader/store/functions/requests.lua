-- Requests: whose they are, and what they count against.

-- `share` -> the ms until it starts anew if it is used up, else 0.
always('count_request', function(given)
  return count_request(given.share)
end)

-- `token`: its id, `sha256` of the secret, `share` -> {its fields and values, seconds since 1970, and what counting the
-- request against the share returned}. A request with another secret counts against nobody.
always('authorize', function(given)
  local token, wait = key('token', given.token), 0
  if get(token, 'sha256') == given.sha256 then
    wait = count_request(given.share)
  end
  return { redis.call('HGETALL', token), redis.call('TIME')[1], wait }
end)
