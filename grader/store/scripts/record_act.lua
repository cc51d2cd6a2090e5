-- course, the entry of the log as JSON.
audit(ARGV[1], cjson.decode(ARGV[2]))
