-- id, course, assignment, revision, selection as JSON, fresh, what is asked as a hash, idempotency key, fingerprint, its ms
-- -> {asked|same|mismatch, id}
local idempotency, fingerprint = ARGV[8], ARGV[9]
local known = replayed(idempotency, fingerprint, 'regrade')
if known == false then
  return { 'mismatch', '' }
elseif known then
  return { 'same', known }
end
local id, course, assignment, asked = ARGV[1], ARGV[2], ARGV[3], key('regrades-asked', ARGV[2])
local changes = changes_of(course, assignment)
local before = redis.call('HGET', asked, ARGV[7])
if before and stands(before, changes) then
  remember(idempotency, fingerprint, before, ARGV[10])
  return { 'same', before }
end
local job = job_key('regrade', id)
redis.call('HSET', job, 'course', course, 'assignment', assignment, 'revision', ARGV[4], 'selection', ARGV[5],
  'fresh', ARGV[6], 'asked', ARGV[7], 'seen', changes, 'walked', 0)
enqueue('regrade', id)
local created = get(job, 'queued')
redis.call('HSET', job, 'created', created, 'cursor', '0:' .. created)
redis.call('HSET', asked, ARGV[7], id)
redis.call('ZADD', key('regrades', course), created, id)
remember(idempotency, fingerprint, id, ARGV[10])
begin(id, 'preparing', 0)
return { 'asked', id }
