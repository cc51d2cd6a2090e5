-- event, the submission or the regrade that it is about, course: for notifications.
notify(ARGV[1], ARGV[2], ARGV[3])
