-- kind, id, fence, message, most tries -> {state, 1 where this call made it so}.
local kind, id = ARGV[1], ARGV[2]
local job = job_key(kind, id)
if not held(job, ARGV[3]) then
  local state = get(job, 'state')
  -- A unit of a cancelled regrade is planned again.
  return { state ~= 'planned' and state or 'cancelled', 0 }
end
return { fail(kind, id, ARGV[4], ARGV[5]), 1 }
