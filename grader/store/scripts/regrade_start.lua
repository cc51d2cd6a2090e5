-- id, applying|rolling_back: a step that begins. A worker that is still applying it is told so by its next chunk.
local id = ARGV[1]
withdraw('regrade', id)
begin(id, ARGV[2], 0)
enqueue('regrade', id)
