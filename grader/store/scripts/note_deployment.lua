-- platform, deployment, seconds since 1970 -> nothing. The first launch from a deployment counts.
if redis.call('HSETNX', key('lti-deployments', ARGV[1]), ARGV[2], ARGV[3]) == 1 then
  -- Earlier ones have courses that are made of platform and context alone.
  redis.call('SADD', key('lti-deployments-apart', ARGV[1]), ARGV[2])
end
