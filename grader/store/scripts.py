"""The Lua scripts: whatever changes more than one key is one of them, so that it happens wholly or not at all."""

import logging
from contextlib import suppress
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError

from grader.errors import StoreUnavailable
from grader.store.connection import Connection, answer

_log = logging.getLogger(__name__)

#: What every script starts with: the clock, the names of keys, and what several of them do.
_COMMON = ("common.lua", "cohort_common.lua", "submission_common.lua", "regrade_common.lua")


class Call(NamedTuple):
    """A script's name and its arguments."""

    name: str
    args: tuple[str | bytes | float, ...]


class Scripts:
    """The scripts by name: `run("claim", ...)` is scripts/claim.lua, whose ARGV are the arguments."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def run(self, name: str, *args: str | bytes | float, ahead: Call | None = None) -> Any:
        """What the script returns: bytes, numbers, None, or lists of them.

        `ahead` is run before it on the same way there, and only saves work: how that ends is nobody's.
        """
        script, digest = _source(name)
        try:
            if ahead is None:
                return self._redis.execute_command("EVALSHA", digest, 0, *args)
            pipeline = self._redis.pipeline(transaction=False)
            for each, given in ((_source(ahead.name)[1], ahead.args), (digest, args)):
                pipeline.execute_command("EVALSHA", each, 0, *given)  # type: ignore[no-untyped-call] # redis-py's
            first, last = pipeline.execute(raise_on_error=False)
            if isinstance(first, NoScriptError):
                with suppress(StoreUnavailable):
                    self._redis.execute_command("EVAL", _source(ahead.name)[0], 0, *ahead.args)
            elif isinstance(first, Exception):
                _log.warning("%s was not done: %s", ahead.name, first)
            return answer(last)
        except NoScriptError:
            # A Redis that was restarted knows none.
            return self._redis.execute_command("EVAL", script, 0, *args)


@cache
def _source(name: str) -> tuple[str, str]:
    folder = resources.files("grader.store") / "scripts"
    script = "".join((folder / each).read_text("utf-8") for each in (*_COMMON, f"{name}.lua"))
    return script, sha1(script.encode(), usedforsecurity=False).hexdigest()
