-- list of submissions, the time to begin at as ZRANGEBYSCORE has it, most to look at -> {the time of the last that was
-- looked at, or '' after the last of all, then of each that counts as an attempt: id, student, created,
-- outcome, score, max_score, mistakes, failing; without a verdict yet, '' for the last five}. Oldest first.
local rows = redis.call('ZRANGEBYSCORE', ARGV[1], ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = { #rows == 2 * tonumber(ARGV[3]) and rows[#rows] or '' }
for row = 1, #rows, 2 do
  local at = attempt_of(rows[row])
  if at then
    table.insert(answer, rows[row])
    for _, name in ipairs({ 'student', 'created', 'outcome', 'score', 'max_score', 'mistakes', 'failing' }) do
      table.insert(answer, at[name])
    end
  end
end
return answer
