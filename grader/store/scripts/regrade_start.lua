-- id, applying|rolling_back: a step that begins. A worker that is still applying it is told so by its next chunk.
local id = ARGV[1]
withdraw('regrade', id)
redis.call('HSET', job_key('regrade', id), 'cursor', '+inf', 'walked', 0)
begin(id, ARGV[2], 0)
enqueue('regrade', id)
