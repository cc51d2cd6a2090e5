-- id, course, assignment, toml, fresh, idempotency key, fingerprint, its ms, most of a course
-- that may wait or run, trace, author or '' -> {accepted|replayed|mismatch|many, id}
local id, course, idempotency, fingerprint = ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local before = replayed(idempotency, fingerprint, 'publication')
if before then
  return { 'replayed', before }
elseif before == false then
  return { 'mismatch', '' }
end
-- They are done in their order: where the newest are all open, so many are.
local newest, open = redis.call('ZREVRANGE', key('publications', course), 0, tonumber(ARGV[9]) - 1), 0
for _, each in ipairs(newest) do
  local state = get(job_key('publication', each), 'state')
  if state == 'queued' or state == 'running' then
    open = open + 1
  end
end
if open >= tonumber(ARGV[9]) then
  return { 'many', '' }
end
local job = job_key('publication', id)
redis.call('HSET', job, 'course', course, 'assignment_id', ARGV[3], 'toml', ARGV[4], 'fresh', ARGV[5],
  'trace', ARGV[10])
enqueue('publication', id)
local created = get(job, 'queued')
redis.call('HSET', job, 'created', created)
redis.call('ZADD', key('publications', course), created, id)
remember(idempotency, fingerprint, id, ARGV[8])
know_course(course)
record(course, ARGV[11], 'publication.request', ARGV[3], '', { publication = id })
return { 'accepted', id }
