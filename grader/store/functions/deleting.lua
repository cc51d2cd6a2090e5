-- What deletion and retention remove. All of it makes room, so it works above `maxmemory`.

-- `id`, `author` or '' -> 1 where there was such a submission.
always('delete', function(given)
  local at = redis.call('HMGET', job_key('submission', given.id), 'course', 'assignment', 'student')
  if not remove(given.id) then
    return 0
  end
  record(at[1], given.author, 'submission.delete', given.id, at[3], { assignment = at[2] })
  return 1
end)

-- `course`, `student`, `author` or '', `links`: keyed hash of the student's links or '', `ending`: name of their ending
-- -> how many submissions went.
always('delete_student', function(given)
  end_links(given.links, given.ending)
  local ids = redis.call('ZRANGE', key('index', given.course, 'student', given.student), 0, -1)
  for _, each in ipairs(ids) do
    remove(each)
  end
  redis.call('DEL', key('attempts', given.course, given.student))
  unname(given.course, given.student)
  forget_student(given.course, given.student)
  forget_scores(given.course, given.student)
  -- Not whom.
  record(given.course, given.author, 'student.delete', '', '', { submissions = #ids })
  redis.call('HDEL', key('lti-users', given.course), given.student)
  return #ids
end)

-- `course`, `limit`: how many submissions and units may go at once, `links`: keyed hash of the course's links or '',
-- `ending`: name of their ending -> {how many submissions went, 1 where more is left}. First goes by what anybody could
-- add to the course: its links and invitations, its tokens, but for those that see every course, and its assignments.
always('delete_course', function(given)
  local course, left, gone = given.course, given.limit, 0
  end_links(given.links, given.ending)
  redis.call('DEL', key('invitations', course))

  -- Nothing is sent to an LMS any more, and nothing read from it.
  for _, item in ipairs(redis.call('SMEMBERS', key('line-items', course))) do
    drop_line_item(item)
  end
  redis.call('DEL', key('lti-roster', course))
  redis.call('ZREM', 'bm:lti-rosters', course)

  for _, id in ipairs(redis.call('ZRANGE', 'bm:tokens', 0, -1)) do
    local at = redis.call('HMGET', key('token', id), 'course', 'scopes')
    if at[1] == course and not (' ' .. at[2] .. ' '):find(' admin ', 1, true) then
      redis.call('DEL', key('token', id))
      redis.call('ZREM', 'bm:tokens', id)
      redis.call('ZREM', 'bm:tokens-passing', id)
    end
  end
  for _, assignment in ipairs(redis.call('HKEYS', key('assignments', course))) do
    local revisions = key('revisions', course, assignment)
    for _, revision in ipairs(redis.call('ZRANGE', revisions, 0, -1)) do
      redis.call('DEL', key('revision', course, revision))
    end
    redis.call('DEL', revisions)
  end
  for _, id in ipairs(redis.call('ZRANGE', key('publications', course), 0, -1)) do
    withdraw('publication', id)
    redis.call('DEL', job_key('publication', id))
  end
  redis.call('DEL', key('assignments', course), key('publications', course), key('kits-offered', course),
    key('asked-of-all', course))
  for _, id in ipairs(redis.call('ZRANGE', key('callbacks', course), 0, -1)) do
    remove_notification(id)
  end
  for _, id in ipairs(redis.call('ZRANGE', key('regrades', course), 0, -1)) do
    if left > 0 then
      local units, whole = erase_regrade(id, left)
      left = left - units
      if not whole then
        -- It is found by the next call.
        redis.call('ZADD', key('regrades', course), 0, id)
      end
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', key('index', course, 'all'), 0, math.max(0, left) - 1)) do
    if left > 0 then
      remove(id)
      gone, left = gone + 1, left - 1
    end
  end
  if left <= 0 then
    return { gone, 1 }
  end
  for _, assignment in ipairs(redis.call('SMEMBERS', key('assignments-kept', course))) do
    redis.call('DEL', key('extensions', course, assignment), key('outages', course, assignment),
      key('overrides', course, assignment))
  end
  redis.call('DEL', key('lti-context', course), key('lti-users', course))
  redis.call('HDEL', 'bm:course-records', course)
  redis.call('DEL', key('policies', course), key('terms-changed', course), key('assignments-kept', course),
    key('roster', course), key('audit', course), key('verdicts-changed', course), key('regrades-asked', course))
  redis.call('SREM', 'bm:courses-kept', course)
  return { gone, 0 }
end)

-- `before`: ms before which it was created, `limit` -> how many submissions went. What waits or runs is not touched.
always('expire', function(given)
  local gone = 0
  for _, course in ipairs(redis.call('SMEMBERS', 'bm:courses')) do
    if gone >= given.limit then
      break
    end
    local all = key('index', course, 'all')
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', '(' .. given.before, 'LIMIT', 0, 10 * given.limit)) do
      if gone >= given.limit then
        break
      end
      local state = get(job_key('submission', id), 'state')
      if state ~= 'queued' and state ~= 'running' then
        remove(id, true)
        gone = gone + 1
      end
    end
  end
  return gone
end)

-- `before`: ms since which it was not touched, `limit`: units that may go at once -> {how many regrades went, 1 where
-- more may go}. One that waits, runs or is previewed is not touched. One with many units goes in several calls; nobody
-- sees it after the first.
always('regrade_expire', function(given)
  local gone, left = 0, given.limit

  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'bm:regrades-touched', '-inf', '(' .. given.before, 'LIMIT', 0, 100)) do
    local at = redis.call('HMGET', job_key('regrade', id), 'phase', 'state')
    local is_idle = at[1] ~= 'previewing' and at[2] ~= 'queued' and at[2] ~= 'running'
    if left > 0 and is_idle and redis.call('SCARD', regrade_key('open', id)) == 0 then
      local units, whole = erase_regrade(id, left)
      gone, left = gone + (whole and 1 or 0), left - units
    end
  end
  return { gone, left <= 0 and 1 or 0 }
end)
