-- kind, id, fence, lease in ms -> 1 while the claim holds.
local kind, id = ARGV[1], ARGV[2]
if not held(job_key(kind, id), ARGV[3]) then
  return 0
end
redis.call('ZADD', 'bm:leases', whole(now() + tonumber(ARGV[4])), member(kind, id))
return 1
