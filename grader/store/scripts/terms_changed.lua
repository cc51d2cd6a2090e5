-- course, assignment, student or '' for all: other terms hold, which may give other marks.
terms_changed(ARGV[1], ARGV[2])
if ARGV[3] == '' then
  mark_all_changed(ARGV[1], ARGV[2])
else
  mark_changed(ARGV[1], ARGV[2], ARGV[3])
end
