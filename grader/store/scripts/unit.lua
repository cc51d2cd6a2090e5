-- unit -> nothing where there is none, else its course, revision, whether it is to be graded anew, its source's sha256,
-- the filename, the source, the group of its students or '', and the trace of its regrade or ''.
local unit = job_key('unit', ARGV[1])
local at = redis.call('HMGET', unit, 'regrade', 'source', 'filename', 'group')
local regrade = redis.call('HMGET', job_key('regrade', at[1] or ''), 'course', 'revision', 'fresh', 'trace')
if not (at[1] and regrade[1] and regrade[2]) then
  return {}
end
return { regrade[1], regrade[2], regrade[3], at[2], at[3], redis.call('GET', key('source', at[2])),
  at[4] or '', regrade[4] or '' }
