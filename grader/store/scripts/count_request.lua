-- A share as JSON -> what counting a request against it returned.
return { count_request(cjson.decode(ARGV[1])) }
