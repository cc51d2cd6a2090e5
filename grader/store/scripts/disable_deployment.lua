-- platform, deployment, author or '' -> nothing. Its launches are refused, and who came in by one is signed out.
redis.call('SADD', key('lti-disabled', ARGV[1]), ARGV[2])
revoke_launch_tokens(ARGV[3], ARGV[1], ARGV[2])
