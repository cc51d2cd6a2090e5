-- id, the verdict that should hold, the one to hold again, its summary as JSON -> 1 where it was so.
return restore(ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4])) and 1 or 0
