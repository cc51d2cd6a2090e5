-- course, its record as JSON, its record before or '' where there was none, the entry of the log as JSON -> 1, or 0 where
-- another record stands there.
if (redis.call('HGET', 'bm:course-records', ARGV[1]) or '') ~= ARGV[3] then
  return 0
end
redis.call('HSET', 'bm:course-records', ARGV[1], ARGV[2])
audit(ARGV[1], cjson.decode(ARGV[4]))
return 1
