-- id, author or '' -> 1 where there is such a token. It stays revoked since the first time.
return revoke_token(ARGV[1], ARGV[2]) and 1 or 0
