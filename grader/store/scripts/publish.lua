-- course, assignment, revision, record as JSON, networks, pool or '' -> ms at which it was first published.
local course, assignment, revision = ARGV[1], ARGV[2], ARGV[3]
local stored = key('revision', course, revision)
local at = get(stored, 'published') or moment()
redis.call('HSET', stored, 'record', ARGV[4], 'published', at)
redis.call('SET', key('networks', revision), ARGV[5], 'NX')
if ARGV[6] ~= '' then
  redis.call('SET', key('pool', revision), ARGV[6], 'NX')
end
redis.call('ZADD', key('revisions', course, assignment), at, revision)
redis.call('HSET', key('assignments', course), assignment, revision)
return at
