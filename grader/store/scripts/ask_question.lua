-- submission, id, question as JSON, its text, the most questions of a submission
-- -> {asked|repeated, id, seconds at which it was asked} or {no_verdict|open|full} or {unknown}. The text of the
-- question that is open is that question again.
local at = redis.call('HMGET', job_key('submission', ARGV[1]), 'course', 'verdict')
local questions, answers = key('questions', ARGV[1]), key('answers', ARGV[1])
if not at[1] then
  return { 'unknown' }
elseif not at[2] then
  return { 'no_verdict' }
end
for _, each in ipairs(redis.call('HKEYS', questions)) do
  if redis.call('HEXISTS', answers, each) == 0 then
    local open = cjson.decode(redis.call('HGET', questions, each))
    if open.text == ARGV[4] then
      return { 'repeated', each, exact_seconds(redis.call('ZSCORE', questions_in(at[1], 'open'), ARGV[1] .. ':' .. each)) }
    end
    return { 'open' }
  end
end
if redis.call('HLEN', questions) >= tonumber(ARGV[5]) then
  return { 'full' }
end
local asked = moment()
redis.call('HSET', questions, ARGV[2], '{"asked": ' .. exact_seconds(asked) .. ', ' .. ARGV[3]:sub(2))
redis.call('ZADD', questions_in(at[1], 'open'), asked, ARGV[1] .. ':' .. ARGV[2])
notify('question.open', ARGV[1], at[1])
return { 'asked', ARGV[2], exact_seconds(asked) }
