-- ms ahead of the clock, most at once, ms until a roster that was claimed is due again, ms of the longest pause -> the
-- courses whose rosters are due.
local time = now() + ARGV[1]
for _, course in ipairs(redis.call('ZRANGEBYSCORE', 'bm:lti-rosters', '(' .. whole(time + ARGV[4]), '+inf')) do
  -- Since it was put off, the clock was set back.
  redis.call('ZADD', 'bm:lti-rosters', whole(time), course)
end
local due = redis.call('ZRANGEBYSCORE', 'bm:lti-rosters', '-inf', whole(time), 'LIMIT', 0, ARGV[2])
for _, course in ipairs(due) do
  redis.call('ZADD', 'bm:lti-rosters', whole(time + ARGV[3]), course)
end
return due
