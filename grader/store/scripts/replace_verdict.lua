-- id, the verdict that should hold, verdict, summary as JSON, regrade -> the new verdict's number, or nil.
return replace(ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4]), ARGV[5])
