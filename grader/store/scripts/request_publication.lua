-- id, course, assignment, toml, fresh, idempotency key, fingerprint, its ms -> {accepted|replayed|mismatch, id}
local id, course, idempotency, fingerprint = ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local before = replayed(idempotency, fingerprint, 'publication')
if before then
  return { 'replayed', before }
elseif before == false then
  return { 'mismatch', '' }
end
local job = job_key('publication', id)
redis.call('HSET', job, 'course', course, 'assignment_id', ARGV[3], 'toml', ARGV[4], 'fresh', ARGV[5])
enqueue('publication', id)
local created = get(job, 'queued')
redis.call('HSET', job, 'created', created)
redis.call('ZADD', key('publications', course), created, id)
remember(idempotency, fingerprint, id, ARGV[8])
return { 'accepted', id }
