-- course, id, the entry of the log as JSON -> 1 where there was such an invitation.
if redis.call('HDEL', key('invitations', ARGV[1]), ARGV[2]) == 0 then
  return 0
end
audit(ARGV[1], cjson.decode(ARGV[3]))
return 1
