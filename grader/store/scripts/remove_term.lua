-- course, assignment, policies|extensions|outages|overrides, field of that hash, the entry of the log as JSON
-- -> 1 where there was such a field.
local course, assignment, noun = ARGV[1], ARGV[2], ARGV[3]
local were_held_back = is_held_back(course, assignment)
local hash = noun == 'policies' and key(noun, course) or key(noun, course, assignment)
if redis.call('HDEL', hash, ARGV[4]) == 0 then
  return 0
end
terms_changed(course, assignment)
terms_mark_changed(course, assignment, noun, ARGV[4])
notify_published(course, assignment, were_held_back)
audit(course, cjson.decode(ARGV[5]))
return 1
