-- id, course, assignment, JSON -> nil, or the JSON of the line item where it belongs to another course or assignment.
local item = key('line-item', ARGV[1])
local stored = redis.call('GET', item)
if stored then
  local old = cjson.decode(stored)
  if old.course ~= ARGV[2] or old.assignment ~= ARGV[3] then
    return stored
  end
end
redis.call('SET', item, ARGV[4])
redis.call('SADD', key('line-items', ARGV[2]), ARGV[1])
if stored ~= ARGV[4] then
  -- Marks that were there before it, and marks of other points.
  mark_all_changed(ARGV[2], ARGV[3])
end
return nil
