-- Requests to publish a revision.

-- `id`, `course`, `assignment`, `toml`, `fresh`, `idempotency` as for `replayed`, `most` of a course that may wait or
-- run, `trace`, `author` or '' -> {accepted|replayed|mismatch|many, id}
writes('request_publication', function(given)
  local id, course = given.id, given.course
  local before = replayed(given.idempotency, 'publication')
  if before then
    return { 'replayed', before }
  elseif before == false then
    return { 'mismatch', '' }
  end
  -- They are done in their order: where the newest are all open, so many are.
  local newest, open = redis.call('ZREVRANGE', key('publications', course), 0, given.most - 1), 0
  for _, each in ipairs(newest) do
    local state = get(job_key('publication', each), 'state')
    if state == 'queued' or state == 'running' then
      open = open + 1
    end
  end
  if open >= given.most then
    return { 'many', '' }
  end
  local job = job_key('publication', id)
  redis.call('HSET', job, 'course', course, 'assignment_id', given.assignment, 'toml', given.toml, 'fresh', given.fresh,
    'trace', given.trace)
  enqueue('publication', id)
  local created = get(job, 'queued')
  redis.call('HSET', job, 'created', created)
  redis.call('ZADD', key('publications', course), created, id)
  remember(given.idempotency, id)
  know_course(course)
  record(course, given.author, 'publication.request', given.assignment, '', { publication = id })
  return { 'accepted', id }
end)
