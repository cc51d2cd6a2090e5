-- id -> 1 if it waits again: it had ended as service_failed. It keeps its attempt and its place in the lists; its tries
-- start anew.
local id = ARGV[1]
local job = job_key('submission', id)
if get(job, 'state') ~= 'service_failed' then
  return 0
end
enqueue('submission', id)
redis.call('SADD', pending_key(job), id)
changed(get(job, 'course'), get(job, 'assignment'))
count('retried')
return 1
