"""Run and administer a service.

`backmark serve` starts all parts of a service on one machine; `web`, `worker` and `sweeper` start one part each, for
containers and for several machines. `backup`, `restore`, `token` and `lti` work on the store of a service: the Redis at
BACKMARK_REDIS_URL, or that of `backmark serve` on this machine. `rerun` talks to the server over HTTP.
"""
