-- course, how many submissions and units may go at once, keyed hash of the course's links or '', name of their ending
-- -> {how many submissions went, 1 where more is left}. First goes by what anybody could add to the course: its links
-- and invitations, its tokens, but for those that see every course, and its assignments.
local course, left, gone = ARGV[1], tonumber(ARGV[2]), 0
end_links(ARGV[3], ARGV[4])
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
redis.call('DEL', key('assignments', course), key('publications', course), key('kits-offered', course), key('asked-of-all', course))
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
