"""The Lua scripts: every change to more than one key is a script, so that it happens completely or not at all."""

import logging
from contextlib import suppress
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError

from grader.errors import StoreUnavailable
from grader.store.connection import Connection, check_reply

_log = logging.getLogger(__name__)

#: The common start of every script: the clock, the names of keys, and shared functions.
COMMON = ("common.lua", "submission_common.lua", "regrade_common.lua")


class ScriptCall(NamedTuple):
    """A script's name and its arguments."""

    name: str
    args: tuple[str | bytes | float, ...]


class Scripts:
    """The scripts by name: `run("claim", ...)` runs scripts/claim.lua with the arguments as ARGV."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def run(self, name: str, *args: str | bytes | float, ahead: ScriptCall | None = None) -> Any:
        """Run a script and return its reply: bytes, numbers, None, or lists of them.

        `ahead` runs before it in the same round trip; it only saves work, so its failure is only logged.
        """
        script, digest = _source(name)
        try:
            if ahead is None:
                return self._redis.execute_command("EVALSHA", digest, 0, *args)
            pipeline = self._redis.pipeline(transaction=False)
            for sha, arguments in ((_source(ahead.name)[1], ahead.args), (digest, args)):
                pipeline.execute_command("EVALSHA", sha, 0, *arguments)  # type: ignore[no-untyped-call] # redis-py's
            first, last = pipeline.execute(raise_on_error=False)
            if isinstance(first, NoScriptError):
                with suppress(StoreUnavailable):
                    self._redis.execute_command("EVAL", _source(ahead.name)[0], 0, *ahead.args)
            elif isinstance(first, Exception):
                _log.warning("%s was not done: %s", ahead.name, first)
            return check_reply(last)
        except NoScriptError:
            # A restarted Redis has no scripts loaded.
            return self._redis.execute_command("EVAL", script, 0, *args)


def read_files(*names: str) -> str:
    """Return the text of files of the folder, one after the other."""
    folder = resources.files("grader.store") / "scripts"
    return "".join((folder / name).read_text("utf-8") for name in names)


@cache
def _source(name: str) -> tuple[str, str]:
    script = read_files(*COMMON, f"{name}.lua")
    return script, sha1(script.encode(), usedforsecurity=False).hexdigest()
