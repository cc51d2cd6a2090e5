-- submission, id of a note, author -> 1 where there was such a note.
if redis.call('HDEL', key('notes', ARGV[1]), ARGV[2]) == 0 then
  return 0
end
local at = redis.call('HMGET', job_key('submission', ARGV[1]), 'course', 'assignment', 'student')
record(at[1], ARGV[3], 'note.remove', ARGV[1], at[3], { assignment = at[2] })
return 1
