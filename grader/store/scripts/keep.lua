-- source's sha256, listing or '', cache key or '', verdict, ms -> 1 if they were kept: not if nobody hands in that
-- source any more.
local source, listing, cache = ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', key('source-users', source)) == 0 then
  return 0
end
if listing ~= '' then
  redis.call('SET', key('listing', source), listing)
end
if cache ~= '' then
  local cached = key('source-cache', source)
  redis.call('SET', cache, ARGV[4], 'PX', ARGV[5])
  redis.call('SADD', cached, cache)
  redis.call('PEXPIRE', cached, ARGV[5])
end
return 1
