-- course, assignment, policies|extensions|outages|overrides, field of that hash, value as JSON, 1 to set it only where
-- there is none, the entry of the log as JSON -> ms at which it was recorded, or nil where there was one.
local course, assignment, noun, field, value = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local hash = noun == 'policies' and key(noun, course) or key(noun, course, assignment)
if ARGV[6] == '1' and redis.call('HEXISTS', hash, field) == 1 then
  return nil
end
local at, were_held_back = now(), is_held_back(course, assignment)
-- Not decoded and encoded again: that would cost digits of a number.
redis.call('HSET', hash, field, string.format('{"recorded": %.3f, ', at / 1000) .. value:sub(2))
know_course(course)
terms_changed(course, assignment)
terms_mark_changed(course, assignment, noun, field)
notify_published(course, assignment, were_held_back)
audit(course, cjson.decode(ARGV[7]))
return whole(at)
