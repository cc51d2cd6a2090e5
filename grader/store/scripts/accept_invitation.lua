-- course, id of the invitation, the most people whom one lets in, id of a new token, the entry of the log as JSON, then
-- field and value of the token... -> 1, or 0 where the invitation holds no more.
local invitations = key('invitations', ARGV[1])
local raw = redis.call('HGET', invitations, ARGV[2])
local invitation = raw and cjson.decode(raw)
local most = invitation and invitation.once and 1 or tonumber(ARGV[3])
if not invitation or invitation.accepted >= most
    or now() / 1000 >= invitation.created + 86400 * invitation.days then
  return 0
end
invitation.accepted = invitation.accepted + 1
redis.call('HSET', invitations, ARGV[2], cjson.encode(invitation))
local at = moment()
redis.call('HSET', key('token', ARGV[4]), 'created', at, unpack(ARGV, 6))
redis.call('ZADD', 'bm:tokens', at, ARGV[4])
know_course(ARGV[1])
audit(ARGV[1], cjson.decode(ARGV[5]))
return 1
