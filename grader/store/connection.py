"""The one way to Redis: a client whose every trouble with the server is StoreUnavailable, and who never asks twice.

redis-py annotates what it returns for any way of use (bytes or text). Here the client decodes nothing;
`text`, `texts` and `seconds` read what came.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.client import Pipeline, PubSub
from redis.exceptions import (
    AuthorizationError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.retry import Retry

from grader.errors import StoreUnavailable
from grader.settings.service import ServiceSettings

#: Seconds to wait for a connection, and for an answer: a web request should hear of it within its patience.
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
#: Seconds that an unused connection may be old before it is tried with a PING.
_HEALTH_SECONDS = 30
#: Seconds for which nothing is asked of a server that let somebody wait in vain.
_HUNG_SECONDS = 1.0
#: Answers by which Redis says that it cannot keep or give anything now; any other ResponseError is our mistake.
_UNFIT = ("MISCONF", "MASTERDOWN", "NOREPLICAS", "LOADING", "READONLY", "OOM", "BUSY ")


class _Gate:
    """Lets one command at a time find out whether a server that hung answers again; the others are refused at once.

    Each would otherwise hold its thread for as long as an answer may take, and a web server has few.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Until when commands are refused, by the monotonic clock; 0 while the server answers.
        self._until = 0.0

    def enter(self) -> None:
        """Raise StoreUnavailable if the server hung a moment ago, or if another command is finding out."""
        if not self._until:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                raise StoreUnavailable("Redis does not answer: it was asked a moment ago")
            if self._until:
                self._until = now + _CONNECT_SECONDS + _ANSWER_SECONDS

    def close(self) -> None:
        """Refuse commands for a moment: one has waited for its answer in vain."""
        with self._lock:
            self._until = time.monotonic() + _HUNG_SECONDS

    def open(self) -> None:
        """Refuse none: the server has answered."""
        self._until = 0.0


class Connection(redis.Redis):
    """A client, safe to share between threads, with a pool of connections that are opened when they are needed.

    A command is sent once: whether a script whose answer was lost has run cannot be known, so it is for the caller to
    ask again where that is safe. A connection that was closed meanwhile is noticed and opened anew before it is used.
    """

    def __init__(self, connection_pool: redis.ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self.gate = _Gate()

    @classmethod
    def open(cls, settings: ServiceSettings) -> "Connection":
        """A client for these settings. Connects to nothing yet."""
        url = settings.redis_url.get_secret_value()
        options: dict[str, Any] = {}
        if settings.redis_ca is not None and url.startswith("rediss:"):
            options["ssl_ca_certs"] = str(settings.redis_ca)
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            health_check_interval=_HEALTH_SECONDS,
            **options,
        )
        return cls(connection_pool=pool)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Every command goes through here."""
        with _translated(self.gate):
            return _untyped(super()).execute_command(*args, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 - redis-py's
        """Several commands at once, as one transaction unless said otherwise."""
        made = _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.gate = self.gate
        return made

    def pubsub(self, **kwargs: Any) -> PubSub:
        """A connection of its own that listens to channels."""
        return _PubSub(self.connection_pool, **kwargs)


def answer(given: Any) -> Any:
    """One of a pipeline's answers that were not raised: raises it where it is an error."""
    with _translated():
        if isinstance(given, Exception):
            raise given
    return given


class _Pipeline(Pipeline):
    gate: _Gate

    def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 - redis-py's
        with _translated(self.gate):
            return super().execute(raise_on_error)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        with _translated(self.gate):
            return _untyped(super()).immediate_execute_command(*args, **options)


class _PubSub(PubSub):
    def execute_command(self, *args: Any) -> None:
        with _translated():
            _untyped(super()).execute_command(*args)

    def parse_response(self, block: bool = True, timeout: float = 0) -> Any:  # noqa: FBT001, FBT002 - redis-py's
        with _translated():
            return _untyped(super()).parse_response(block, timeout)


def _untyped(parent: Any) -> Any:
    """These methods of redis-py have no annotations."""
    return parent


@contextmanager
def _translated(gate: _Gate | None = None) -> Iterator[None]:
    if gate is not None:
        gate.enter()
    hung = False
    try:
        yield
    except redis.TimeoutError as error:
        hung = True
        raise StoreUnavailable(f"Redis does not answer: {error}") from error
    except redis.ConnectionError as error:
        raise StoreUnavailable(f"Redis does not answer: {error}") from error
    except OutOfMemoryError as error:
        raise StoreUnavailable(f"Redis refuses, no space left in its memory: {error}") from error
    except (ReadOnlyError, NoPermissionError, AuthorizationError) as error:
        raise StoreUnavailable(f"Redis refuses: {error}") from error
    except ResponseError as error:
        if str(error).startswith(_UNFIT):
            raise StoreUnavailable(f"Redis refuses: {error}") from error
        raise
    finally:
        if gate is not None:
            gate.close() if hung else gate.open()


def text(value: bytes | str) -> str:
    """What Redis holds, as text."""
    return value.decode() if isinstance(value, bytes) else value


def texts(raw: Mapping[bytes | str, bytes | str]) -> dict[str, str]:
    """A hash as text."""
    return {text(name): text(value) for name, value in raw.items()}


def seconds(milliseconds: str | None) -> float | None:
    """A time as it is stored, as it is read."""
    return None if milliseconds is None else float(milliseconds) / 1000
