-- course, assignment: its verdicts were held back, and are not any more. For notifications each is an event now.
local course = ARGV[1]
if redis.call('EXISTS', key('callbacks', course)) == 0 then
  return
end
for _, id in ipairs(redis.call('ZRANGE', key('index', course, 'assignment', ARGV[2]), 0, -1)) do
  local at = redis.call('HMGET', job_key('submission', id), 'state', 'outcome')
  if at[1] == 'done' and at[2] ~= 'rejected' then
    notify('submission.done', id, course)
  end
end
