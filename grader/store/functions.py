"""Functions in Redis: changes of several keys, each of which happens completely or not at all.

They are one library, written in Lua in the folder functions/. Its name and those of its functions end with a hash of
its text, so the libraries of several versions stand side by side. Who finds a function missing loads the library.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, NamedTuple

from redis.exceptions import ResponseError

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.connection import Connection, check_reply
from backmark.grader.store.older import refuse_older

_log = logging.getLogger(__name__)

#: The files of functions, each behind those that it uses.
_FILES = (
    "scores.lua",
    "courses.lua",
    "notifications.lua",
    "submission_common.lua",
    "regrade_common.lua",
    "turns.lua",
    "jobs.lua",
    "submissions.lua",
    "search.lua",
    "regrades.lua",
    "requests.lua",
    "publications.lua",
    "backups.lua",
    "deleting.lua",
)
#: The end of a script that calls one of them.
_CALL = "return start(functions[table.remove(ARGV, 1)], KEYS, ARGV)\n"
#: Hexadecimal digits of the hash.
_DIGITS = 12

#: An argument of a function, by name. None is left out. Bytes come as they are; all else comes as JSON, so a number
#: that must keep its bits is a text.
Argument = str | bytes | int | float | bool | Sequence[Any] | Mapping[str, Any] | None


#: A command of Redis.
Command = tuple[str | bytes | int, ...]


class FunctionCall(NamedTuple):
    """A function's name and its arguments."""

    name: str
    arguments: Mapping[str, Argument]
    #: The keys that it reads, if those are asked for: all others are made from the arguments.
    keys: Sequence[bytes] = ()


@dataclass(slots=True)
class FollowingCall:
    """A call right behind another, in the same round trip: sent once, whatever becomes of the answer."""

    call: FunctionCall
    is_sent: bool = False
    #: True once there is a reply, which may be None.
    is_answered: bool = False
    reply: Any = None


class Functions:
    """The functions by name: `call("claim", kind=...)` calls `claim` of the library with these arguments."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis
        self._is_readable = False

    def call(self, name: str, /, **arguments: Argument) -> Any:
        """Call a function and return its reply: bytes, numbers, None, or lists of them."""
        return self.call_joined(FunctionCall(name, arguments))

    def call_joined(
        self, call: FunctionCall, ahead: FunctionCall | None = None, following: FollowingCall | None = None
    ) -> Any:
        """Call a function, with others before and after it in the same round trip; return its own reply.

        The others only save work, so that one of them fails is only logged.
        """
        self.check_readable()
        if following is not None and following.is_sent:
            following = None
        if ahead is None and following is None:
            before, reply, after = None, self._send(_command(call)), None
        else:
            before, reply, after = self._send_joined(ahead, call, following)
        if any(map(_is_missing, (before, reply, after))):
            self._load()
        if ahead is not None:
            self._settle(ahead, before)
        try:
            if _is_missing(reply):
                # Another process may have loaded the library before what followed ran, which ran before this one then:
                # if it found nothing, it is run again behind it.
                after = reply if after is None else after
                reply = self._send(write_out(call))
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

    def _send(self, command: Command) -> Any:
        """Send a command and return its reply, which may be an error of the command itself."""
        try:
            return self._redis.execute_command(*command)
        except ResponseError as error:
            return error

    def _send_joined(
        self, ahead: FunctionCall | None, call: FunctionCall, following: FollowingCall | None
    ) -> tuple[Any, Any, Any]:
        """Send up to three calls in one round trip; return their replies, of which some may be errors."""
        calls = [ahead, call, None if following is None else following.call]
        pipeline = self._redis.pipeline(transaction=False)
        for each in filter(None, calls):
            pipeline.execute_command(*_command(each))  # type: ignore[no-untyped-call] # redis-py's
        if following is not None:
            following.is_sent = True
        replies = iter(pipeline.execute(raise_on_error=False))
        before, reply, after = (None if each is None else next(replies) for each in calls)
        return before, reply, after

    def _load(self) -> None:
        try:
            self._redis.function_load(read_library(), replace=True)
        except (StoreUnavailable, ResponseError) as error:
            # Above `maxmemory` for example, where what makes room must work all the same: until then it is written out.
            _log.warning("the functions were not loaded: %s", error)

    def _settle(self, call: FunctionCall, reply: Any) -> Any:
        """Return the reply of a call that only saves work, once more if its function was missing; or its error."""
        if _is_missing(reply):
            try:
                reply = self._send(write_out(call))
            except StoreUnavailable as error:
                reply = error
        if isinstance(reply, Exception):
            _log.warning("%s was not done: %s", call.name, reply)
        return reply


def write_out(call: FunctionCall, *, is_unrefused: bool = False) -> Command:
    """Return the command that calls a function together with its text, for a Redis that may not have it.

    If it is `is_unrefused`, none of its writes is refused above `maxmemory`.
    """
    text = read_script(call.name)
    header = "#!lua flags=allow-oom\n" if is_unrefused or f"\nalways('{call.name}'" in text else ""
    return ("EVAL", header + text + _CALL, len(call.keys), *call.keys, call.name, *_encode(call))


@cache
def read_library() -> str:
    """Return the text of the library."""
    text = _read_files("common.lua", "register.lua", *_FILES)
    version = sha1(text.encode(), usedforsecurity=False).hexdigest()[:_DIGITS]
    return f"#!lua name=backmark_{version}\nlocal VERSION = '{version}'\n{text}"


@cache
def read_script(last: str | None = None) -> str:
    """Return the text of all functions as the beginning of a script, which has them in the table `functions`.

    It ends behind the file of the function `last`.
    """
    text = _read_files("common.lua", "collect.lua")
    for name in _FILES:
        text += "\n" + _read_files(name)
        if last is not None and f"('{last}', function(" in text:
            break
    return text


def _read_files(*names: str) -> str:
    folder = resources.files("backmark.grader.store") / "functions"
    return "\n".join((folder / name).read_text("utf-8") for name in names)


@cache
def _version() -> str:
    return read_library().partition("\n")[0].rpartition("_")[2]


def _command(call: FunctionCall) -> Command:
    return ("FCALL", f"{call.name}_{_version()}", len(call.keys), *call.keys, *_encode(call))


def _encode(call: FunctionCall) -> tuple[str | bytes, ...]:
    """Return the arguments as the functions take them: one JSON object, then the name and the content of all bytes."""
    given = {name: value for name, value in call.arguments.items() if value is not None}
    contents = {name: value for name, value in given.items() if isinstance(value, bytes)}
    texts = json.dumps({name: value for name, value in given.items() if name not in contents}, ensure_ascii=False)
    return texts, *(part for content in contents.items() for part in content)


def _is_missing(reply: Any) -> bool:
    return isinstance(reply, ResponseError) and "Function not found" in str(reply)
