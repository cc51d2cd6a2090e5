-- platform, author or '' -> 1 where there was such a platform. Its courses stay; its staff are signed out.
redis.call('DEL', key('lti-deployments', ARGV[1]), key('lti-disabled', ARGV[1]), key('lti-key-set', ARGV[1]))
revoke_launch_tokens(ARGV[2], ARGV[1])
return redis.call('HDEL', 'bm:lti-platforms', ARGV[1])
