-- sealed pair, seconds since 1970 -> nothing. One that was made a moment earlier stays the only one.
if redis.call('EXISTS', key('lti-tool-keys')) == 0 then
  redis.call('ZADD', key('lti-tool-keys'), ARGV[2], ARGV[1])
end
