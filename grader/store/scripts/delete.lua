-- id -> 1 where there was such a submission.
return remove(ARGV[1]) and 1 or 0
