-- id, course, assignment, revision, selection as JSON, its students as JSON, fresh, what is asked as a hash, idempotency
-- key, fingerprint, its ms, trace, author or '' -> {asked|same|mismatch, id}
local idempotency, fingerprint = ARGV[9], ARGV[10]
local known = replayed(idempotency, fingerprint, 'regrade')
if known == false then
  return { 'mismatch', '' }
elseif known then
  return { 'same', known }
end
local id, course, assignment, asked = ARGV[1], ARGV[2], ARGV[3], key('regrades-asked', ARGV[2])
local changes = changes_of(course, assignment)
local before = redis.call('HGET', asked, ARGV[8])
if before and stands(before, changes) then
  remember(idempotency, fingerprint, before, ARGV[11])
  return { 'same', before }
end
local job = job_key('regrade', id)
redis.call('HSET', job, 'course', course, 'assignment', assignment, 'revision', ARGV[4], 'selection', ARGV[5],
  'students', ARGV[6], 'fresh', ARGV[7], 'asked', ARGV[8], 'seen', changes, 'trace', ARGV[12])
enqueue('regrade', id)
local created = get(job, 'queued')
redis.call('HSET', job, 'created', created, 'cursor', '0:' .. created)
redis.call('HSET', asked, ARGV[8], id)
redis.call('ZADD', key('regrades', course), created, id)
remember(idempotency, fingerprint, id, ARGV[11])
record(course, ARGV[13], 'regrade.start', id, '', { assignment = assignment, revision = ARGV[4] })
begin(id, 'preparing', 0)
return { 'asked', id }
