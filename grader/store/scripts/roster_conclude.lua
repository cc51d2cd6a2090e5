-- ms ahead of the clock, course, ms until it is due again, 1 if it was read, what went wrong or '' -> nothing.
local time, about = now() + ARGV[1], key('lti-roster', ARGV[2])
if redis.call('EXISTS', key('lti-context', ARGV[2])) == 0 then
  return
end
redis.call('ZADD', 'bm:lti-rosters', whole(time + ARGV[3]), ARGV[2])
redis.call('HSET', about, 'tried', whole(time), 'problem', ARGV[5])
if ARGV[4] == '1' then
  redis.call('HSET', about, 'read', whole(time))
end
count('rosters:' .. (ARGV[4] == '1' and 'read' or 'failed'))
