-- id, fence, verdict, summary as JSON, reused, seconds of the grading -> 1 where the claim held.
local id, fence, reused = ARGV[1], ARGV[2], ARGV[5]
local job = job_key('submission', id)
if not held(job, fence) then
  local at = redis.call('HMGET', job, 'state', 'concluded')
  -- Asked again because the answer was lost.
  return (at[1] == 'done' and at[2] == fence) and 1 or 0
end
local summary = cjson.decode(ARGV[4])
local number = whole(redis.call('HINCRBY', job, 'verdicts', 1))
redis.call('SET', key('verdict', id, number), ARGV[3])
redis.call('HSET', job, 'reused', reused)
hold(id, number, summary)
count('outcome:' .. summary.outcome)
local seconds = tonumber(ARGV[6])
if seconds > 0 then
  book(id, seconds, true)
  if summary.outcome ~= 'timeout' and summary.outcome ~= 'rejected' then
    note_usual(id, seconds)
  end
end
if reused == '1' then
  count('reused')
else
  observe('grading_seconds', math.max(0, now() - tonumber(get(job, 'started'))) / 1000)
end
conclude('submission', id, 'done')
return 1
