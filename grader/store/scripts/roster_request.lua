-- course, author or '' -> 1 if its roster is to be read now: not if its platform offers none.
if not redis.call('ZSCORE', 'bm:lti-rosters', ARGV[1]) then
  return 0
end
redis.call('ZADD', 'bm:lti-rosters', whole(now()), ARGV[1])
record(ARGV[1], ARGV[2], 'roster.read', '')
return 1
