-- how many submissions to look at -> how many of them stood in other lists than those of their state and outcome. Goes
-- round each course, newest first, and notes which courses it has been round once.
local courses, mended = redis.call('SMEMBERS', 'bm:courses'), 0
local most = math.ceil(ARGV[1] / math.max(1, #courses))
for _, course in ipairs(courses) do
  local from = redis.call('HGET', 'bm:relisting', course) or '+inf'
  local rows = redis.call('ZREVRANGEBYSCORE', key('index', course, 'all'), from, '-inf', 'WITHSCORES', 'LIMIT', 0, most)
  for at = 1, #rows, 2 do
    mended = mended + (relist(rows[at]) and 1 or 0)
  end
  if #rows == 2 * most then
    redis.call('HSET', 'bm:relisting', course, '(' .. rows[#rows])
  else
    redis.call('HDEL', 'bm:relisting', course)
    redis.call('SADD', 'bm:courses-listed', course)
  end
end
return mended
