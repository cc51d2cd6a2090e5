-- submission, id of a question, answer as JSON, its author, answered|marks_changed -> seconds at which it was recorded,
-- nil where there is no such question. It takes the place of the answer before.
local at = redis.call('HMGET', job_key('submission', ARGV[1]), 'course', 'assignment', 'student')
if redis.call('HEXISTS', key('questions', ARGV[1]), ARGV[2]) == 0 then
  return nil
end
local question, asked = ARGV[1] .. ':' .. ARGV[2], nil
for _, state in ipairs(QUESTION_STATES) do
  local list = questions_in(at[1], state)
  asked = redis.call('ZSCORE', list, question) or asked
  redis.call('ZREM', list, question)
end
local recorded = exact_seconds(moment())
redis.call('HSET', key('answers', ARGV[1]), ARGV[2], '{"recorded": ' .. recorded .. ', ' .. ARGV[3]:sub(2))
redis.call('ZADD', questions_in(at[1], ARGV[5]), asked, question)
record(at[1], ARGV[4], 'question.answer', ARGV[1], at[3], { assignment = at[2], state = ARGV[5] })
return recorded
