-- course, assignment -> how many students' marks are to be sent, also those that were sent before as they are now.
return mark_all_changed(ARGV[1], ARGV[2], true)
