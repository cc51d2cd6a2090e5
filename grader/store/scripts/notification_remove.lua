-- id: the notification goes with its deliveries, also those that are under way.
remove_notification(ARGV[1])
