-- course -> 1 if its roster is to be read now: not if its platform offers none.
if not redis.call('ZSCORE', 'bm:lti-rosters', ARGV[1]) then
  return 0
end
redis.call('ZADD', 'bm:lti-rosters', whole(now()), ARGV[1])
return 1
