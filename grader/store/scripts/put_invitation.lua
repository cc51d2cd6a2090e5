-- course, id, the invitation as JSON, the entry of the log as JSON.
redis.call('HSET', key('invitations', ARGV[1]), ARGV[2], ARGV[3])
audit(ARGV[1], cjson.decode(ARGV[4]))
