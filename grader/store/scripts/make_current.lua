-- course, assignment, revision or '' for the packaged one, its id for the log, author or ''.
if ARGV[3] == '' then
  redis.call('HDEL', key('assignments', ARGV[1]), ARGV[2])
else
  redis.call('HSET', key('assignments', ARGV[1]), ARGV[2], ARGV[3])
end
record(ARGV[1], ARGV[5], 'revision.current', ARGV[2], '', { revision = ARGV[4] })
