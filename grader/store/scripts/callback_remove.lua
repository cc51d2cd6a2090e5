-- id -> 1 where there was such an endpoint: it goes with its deliveries, also those that are under way.
return remove_endpoint(ARGV[1]) and 1 or 0
