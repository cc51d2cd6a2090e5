-- course, assignment, revision, record as JSON, networks, pool or '', kit without and with the solution or '', reason
-- for which there is no kit or '' -> ms at which it was first published.
local course, assignment, revision = ARGV[1], ARGV[2], ARGV[3]
local stored = key('revision', course, revision)
local at = get(stored, 'published') or moment()
redis.call('HSET', stored, 'record', ARGV[4], 'published', at)
redis.call('SET', key('networks', revision), ARGV[5], 'NX')
if ARGV[6] ~= '' then
  redis.call('SET', key('pool', revision), ARGV[6], 'NX')
end
for at_argument, field in pairs({ [7] = 'without_solution', [8] = 'with_solution', [9] = 'refusal' }) do
  if ARGV[at_argument] ~= '' then
    redis.call('HSET', key('kits', revision), field, ARGV[at_argument])
  end
end
redis.call('ZADD', key('revisions', course, assignment), at, revision)
redis.call('HSET', key('assignments', course), assignment, revision)
return at
