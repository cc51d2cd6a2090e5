-- course, JSON of its context, 1 if its platform offers a roster -> nothing. A roster is read soon, and then daily.
redis.call('SET', key('lti-context', ARGV[1]), ARGV[2])
know_course(ARGV[1])
if ARGV[3] == '1' then
  redis.call('ZADD', 'bm:lti-rosters', 'NX', whole(now()), ARGV[1])
else
  redis.call('ZREM', 'bm:lti-rosters', ARGV[1])
end
