"""The Lua scripts: whatever changes more than one key is one of them, so that it happens wholly or not at all."""

from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any

from redis.exceptions import NoScriptError

from grader.store.connection import Connection

#: What every script starts with: the clock, the names of keys, and what several of them do.
_COMMON = ("common.lua", "cohort_common.lua", "submission_common.lua", "regrade_common.lua")


class Scripts:
    """The scripts by name: `run("claim", ...)` is scripts/claim.lua, whose ARGV are the arguments."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def run(self, name: str, *args: str | bytes | float) -> Any:
        """What the script returns: bytes, numbers, None, or lists of them."""
        script, digest = _source(name)
        try:
            return self._redis.execute_command("EVALSHA", digest, 0, *args)
        except NoScriptError:
            # A Redis that was restarted knows none.
            return self._redis.execute_command("EVAL", script, 0, *args)


@cache
def _source(name: str) -> tuple[str, str]:
    folder = resources.files("grader.store") / "scripts"
    script = "".join((folder / each).read_text("utf-8") for each in (*_COMMON, f"{name}.lua"))
    return script, sha1(script.encode(), usedforsecurity=False).hexdigest()
