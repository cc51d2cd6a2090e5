-- course: it has a record from now on.
know_course(ARGV[1])
