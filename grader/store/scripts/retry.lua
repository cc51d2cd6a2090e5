-- author or '', ids... -> those that wait again: they had ended as service_failed. Each keeps its attempt and its place in
-- the lists; its tries start anew.
local answer = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local job = job_key('submission', id)
  if get(job, 'state') == 'service_failed' then
    enqueue('submission', id)
    redis.call('SADD', pending_key(job), id)
    changed(get(job, 'course'), get(job, 'assignment'))
    count('retried')
    local at = redis.call('HMGET', job, 'course', 'assignment', 'student')
    record(at[1], ARGV[1], 'submission.retry', id, at[3], { assignment = at[2] })
    table.insert(answer, id)
  end
end
return answer
