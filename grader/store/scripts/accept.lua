-- id, course, assignment, revision, student, filename, sha256, size, source, idempotency key, fingerprint, its ms,
-- shares as JSON: [key, cost, most, ms] each, 1 where there is no room for it, and 1 to
-- ask only, trace, sender, version of the rules of time, when it opens and closes in ms and the most attempts, each or '', 1
-- under a policy, 1 if the student's name is not verified, the owners of the link that it came by as JSON or '', their
-- endings as of the link, best|last if the same bytes as those of an attempt that can count are that attempt again, else
-- '' -> {accepted, id, nudges that are due} or {replayed|identical, id} or {mismatch|full|free} or {used_up, which
-- share, ms until it starts anew} or {changed} if other rules hold, or
-- {link_ended|archived|unverified|not_open|closed} or {no_attempts_left, how many there were}
local id, course, assignment, revision, student = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sha, idempotency, fingerprint = ARGV[7], ARGV[10], ARGV[11]
local before = replayed(idempotency, fingerprint, 'submission')
if before then
  count('replayed')
  return { 'replayed', before }
elseif before == false then
  return { 'mismatch', '' }
end

if ARGV[24] ~= '' and not link_holds(cjson.decode(ARGV[24]), ARGV[25]) then
  return { 'link_ended' }
end
local record = redis.call('HGET', 'bm:course-records', course)
local archived = record and cjson.decode(record).archived
if type(archived) == 'number' and archived * 1000 <= now() then
  return { 'archived' }
end
if (redis.call('HGET', key('terms-changed', course), assignment) or '0') ~= ARGV[18] then
  return { 'changed' }
end
local opens, closes, most, under_policy = tonumber(ARGV[19]), tonumber(ARGV[20]), tonumber(ARGV[21]), ARGV[22] == '1'
if under_policy and ARGV[23] == '1' then
  return { 'unverified' }
end
if opens and now() < opens then
  return { 'not_open' }
elseif closes and now() >= closes then
  return { 'closed' }
end
local had = 0
for _, each in ipairs(most and redis.call('ZRANGE', key('index', course, 'both', assignment, student), 0, -1) or {}) do
  had = had + (attempt_of(each) and 1 or 0)
end
if most and had >= most then
  return { 'no_attempts_left', had }
end

if ARGV[14] == '1' then
  return { 'full' }
end
local shares = cjson.decode(ARGV[13])
local without_room, starts_anew = used_up(shares)
if without_room then
  return { 'used_up', without_room, starts_anew }
end
if ARGV[15] == '1' then
  return { 'free' }
end
spend(shares)
for _, each in ipairs(ARGV[26] ~= '' and redis.call('ZREVRANGE', key('index', course, 'both', assignment, student), 0, -1) or {}) do
  local at = redis.call('HMGET', job_key('submission', each), 'state', 'outcome', 'source', 'revision')
  if is_attempt(at[1], at[2]) then
    if at[3] == sha and at[4] == revision then
      return { 'identical', each }
    elseif ARGV[26] == 'last' then
      break
    end
  end
end

redis.call('SET', key('source', sha), ARGV[9], 'NX')
redis.call('PERSIST', key('source', sha))
redis.call('SADD', key('source-users', sha), id)
local pending = key('pending', course, assignment, student)
-- Under a policy a full queue would make a student late, whose file in time it would take away.
for _, each in ipairs(under_policy and {} or redis.call('SMEMBERS', pending)) do
  local older = job_key('submission', each)
  if get(older, 'state') == 'queued' then
    redis.call('HSET', older, 'superseded_by', id)
    conclude('submission', each, 'superseded')
  end
end

local job = job_key('submission', id)
local attempt = redis.call('HINCRBY', key('attempts', course, student), assignment, 1)
redis.call('HSET', job, 'course', course, 'assignment', assignment, 'revision', revision, 'student', student,
  'attempt', attempt, 'filename', ARGV[6], 'source', sha, 'size', ARGV[8],
  'trace', ARGV[16], 'sender', ARGV[17])
if idempotency ~= '' then
  redis.call('HSET', job, 'idempotency', idempotency)
end
enqueue('submission', id)
local created = get(job, 'queued')
redis.call('HSET', job, 'created', created)
if tonumber(created) >= now() + 1000 then
  -- The clock was set back, and times go on from where it was: nobody is late because of that.
  redis.call('HSET', job, 'received', whole(now()))
end
redis.call('SADD', pending, id)
redis.call('SADD', 'bm:courses', course)
know_course(course)
for _, each in ipairs(indexes(course, assignment, student)) do
  redis.call('ZADD', each, created, id)
end
relist(id)
remember(idempotency, fingerprint, id, ARGV[12])
count('accepted')
return { 'accepted', id, nudges }
