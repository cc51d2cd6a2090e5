-- ids... -> those that wait again: they had ended as service_failed. Each keeps its attempt and its place in the lists; its
-- tries start anew.
local answer = {}
for _, id in ipairs(ARGV) do
  local job = job_key('submission', id)
  if get(job, 'state') == 'service_failed' then
    enqueue('submission', id)
    redis.call('SADD', pending_key(job), id)
    changed(get(job, 'course'), get(job, 'assignment'))
    count('retried')
    table.insert(answer, id)
  end
end
return answer
