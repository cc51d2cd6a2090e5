-- cache key, verdict, ms, source's sha256 -> 1 where it was kept: not where nobody hands in that source any more.
if redis.call('EXISTS', key('source-users', ARGV[4])) == 0 then
  return 0
end
local cached = key('source-cache', ARGV[4])
redis.call('SET', ARGV[1], ARGV[2], 'PX', ARGV[3])
redis.call('SADD', cached, ARGV[1])
redis.call('PEXPIRE', cached, ARGV[3])
return 1
