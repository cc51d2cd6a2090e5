-- course, assignment: all of its marks may be other ones.
mark_all_changed(ARGV[1], ARGV[2])
