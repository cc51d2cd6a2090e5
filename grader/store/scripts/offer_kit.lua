-- course, assignment, 1 to offer the kit to students and 0 to end that, author or ''.
local offered = ARGV[3] == '1'
redis.call(offered and 'SADD' or 'SREM', key('kits-offered', ARGV[1]), ARGV[2])
record(ARGV[1], ARGV[4], offered and 'kit.offer' or 'kit.withdraw', ARGV[2])
