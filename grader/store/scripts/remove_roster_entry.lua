-- course, student, the entry of the log as JSON -> 1 where the roster had the student.
if redis.call('HDEL', key('roster', ARGV[1]), ARGV[2]) == 0 then
  return 0
end
audit(ARGV[1], cjson.decode(ARGV[3]))
return 1
