"""The Lua scripts: changes of several keys, each of which happens completely or not at all."""

import logging
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError, ResponseError

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.connection import Connection, check_reply
from backmark.grader.store.older import refuse_older

_log = logging.getLogger(__name__)

#: The common start of every script: the clock, the names of keys, and shared functions.
COMMON = (
    "common.lua",
    "turn_common.lua",
    "score_common.lua",
    "submission_common.lua",
    "regrade_common.lua",
    "course_common.lua",
)


class ScriptCall(NamedTuple):
    """A script's name and its arguments."""

    name: str
    args: tuple[str | bytes | float, ...]


@dataclass(slots=True)
class FollowingCall:
    """A call right behind another, in the same round trip: sent once, whatever becomes of the answer."""

    call: ScriptCall
    is_sent: bool = False
    #: True once there is a reply, which may be None.
    is_answered: bool = False
    reply: Any = None


class Scripts:
    """The scripts by name: `run("claim", ...)` runs scripts/claim.lua with the arguments as ARGV."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis
        self._is_readable = False

    def run(
        self,
        name: str,
        *args: str | bytes | float,
        ahead: ScriptCall | None = None,
        following: FollowingCall | None = None,
    ) -> Any:
        """Run a script and return its reply: bytes, numbers, None, or lists of them.

        `ahead` and `following` run before and after it in the same round trip; they only save work, so that one of them
        fails is only logged.
        """
        self.check_readable()
        script, digest = _source(name)
        if following is not None and following.is_sent:
            following = None
        try:
            if ahead is None and following is None:
                return self._redis.execute_command("EVALSHA", digest, 0, *args)
            before, reply, after = self._send_joined(ahead, ScriptCall(name, args), following)
        except NoScriptError as error:
            before, reply, after = None, error, None
        if ahead is not None:
            self._settle(ahead, before)
        try:
            if isinstance(reply, NoScriptError):
                # A restarted Redis has no scripts loaded. What followed ran before this one: if it found nothing, it is
                # run again behind it.
                after = reply if after is None else after
                return self._redis.execute_command("EVAL", script, 0, *args)
            return check_reply(reply)
        finally:
            if following is not None:
                settled = self._settle(following.call, after)
                if not isinstance(settled, Exception):
                    following.reply, following.is_answered = settled, True

    def check_readable(self) -> None:
        """Raise OlderStore if a version before 0.3.0 filled this Redis, which is looked at before the first change."""
        # Redis may have been away when the process started.
        if not self._is_readable:
            refuse_older(self._redis)
            self._is_readable = True

    def _send_joined(
        self, ahead: ScriptCall | None, call: ScriptCall, following: FollowingCall | None
    ) -> tuple[Any, Any, Any]:
        """Send up to three calls in one round trip; return their replies, of which some may be errors."""
        calls = [ahead, call, None if following is None else following.call]
        pipeline = self._redis.pipeline(transaction=False)
        for name, args in (call for call in calls if call is not None):
            pipeline.execute_command("EVALSHA", _source(name)[1], 0, *args)  # type: ignore[no-untyped-call] # redis-py's
        if following is not None:
            following.is_sent = True
        replies = iter(pipeline.execute(raise_on_error=False))
        before, reply, after = (None if call is None else next(replies) for call in calls)
        return before, reply, after

    def _settle(self, call: ScriptCall, reply: Any) -> Any:
        """Return the reply of a call that only saves work, once more from a restarted Redis; an error if it failed."""
        if isinstance(reply, NoScriptError):
            try:
                return self._redis.execute_command("EVAL", _source(call.name)[0], 0, *call.args)
            except (StoreUnavailable, ResponseError) as error:
                reply = error
        if isinstance(reply, Exception):
            _log.warning("%s was not done: %s", call.name, reply)
        return reply


def read_files(*names: str) -> str:
    """Return the text of files of the folder, one after the other."""
    folder = resources.files("backmark.grader.store") / "scripts"
    return "".join((folder / name).read_text("utf-8") for name in names)


@cache
def read_script(name: str) -> str:
    """Return the text of a script, behind what all scripts share."""
    return read_files(*COMMON, f"{name}.lua")


@cache
def _source(name: str) -> tuple[str, str]:
    script = read_script(name)
    return script, sha1(script.encode(), usedforsecurity=False).hexdigest()
