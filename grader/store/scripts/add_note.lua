-- submission, id, note as JSON, its author, the most notes of a submission -> seconds at which it was recorded, '' if
-- there are so many already, nil where there is no such submission.
local at = redis.call('HMGET', job_key('submission', ARGV[1]), 'course', 'assignment', 'student')
local notes = key('notes', ARGV[1])
if not at[1] then
  return nil
elseif redis.call('HLEN', notes) >= tonumber(ARGV[5]) then
  return ''
end
local recorded = exact_seconds(moment())
redis.call('HSET', notes, ARGV[2], '{"recorded": ' .. recorded .. ', ' .. ARGV[3]:sub(2))
record(at[1], ARGV[4], 'note.add', ARGV[1], at[3], { assignment = at[2] })
return recorded
