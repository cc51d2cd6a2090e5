"""The only connection to Redis: a client that raises StoreUnavailable for every server error, and never retries.

redis-py's annotations cover both bytes and text. This client decodes nothing; `text`, `texts` and `seconds` convert
replies.
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

from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.service import ServiceSettings

#: Seconds to wait for a connection, and for a reply: short enough for a web request to report the failure.
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
#: Seconds after which an idle connection is checked with a PING before use.
_HEALTH_SECONDS = 30
#: Seconds for which no command is sent after a timeout.
_HUNG_SECONDS = 1.0
#: Prefixes of errors that mean Redis cannot read or write now; any other ResponseError is our mistake.
_UNFIT = ("MISCONF", "MASTERDOWN", "NOREPLICAS", "LOADING", "READONLY", "OOM", "BUSY ")


class _Gate:
    """A circuit breaker: after a timeout one command at a time probes the server, and all others are refused at once.

    Otherwise each command would hold its thread until the timeout, and a web server has few threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: When commands are allowed again, by the monotonic clock; 0 while the server answers.
        self._until = 0.0

    def enter(self) -> None:
        """Raise StoreUnavailable if a command timed out a moment ago, or if another command is probing the server."""
        if not self._until:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                raise StoreUnavailable("Redis does not answer: a command timed out a moment ago")
            if self._until:
                self._until = now + _CONNECT_SECONDS + _ANSWER_SECONDS

    def close(self) -> None:
        """Refuse commands for a moment, after a timeout."""
        with self._lock:
            self._until = time.monotonic() + _HUNG_SECONDS

    def open(self) -> None:
        """Allow all commands again, after a reply."""
        self._until = 0.0


class Connection(redis.Redis):
    """A client that is safe to share between threads, with a pool of connections that are opened on demand.

    A command is sent once: if the reply is lost, it may have run or not, so the caller must decide if it is safe to
    repeat. A connection that was closed while idle is reopened before use.
    """

    def __init__(self, connection_pool: redis.ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self.gate = _Gate()

    @classmethod
    def open(cls, settings: ServiceSettings, answer_seconds: float = _ANSWER_SECONDS) -> "Connection":
        """Return a client for these settings. It connects on the first command."""
        url = settings.redis_url.get_secret_value()
        options: dict[str, Any] = {}
        if settings.redis_ca is not None and url.startswith("rediss:"):
            options["ssl_ca_certs"] = str(settings.redis_ca)
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=answer_seconds,
            socket_connect_timeout=_CONNECT_SECONDS,
            health_check_interval=_HEALTH_SECONDS,
            **options,
        )
        return cls(connection_pool=pool)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command, with errors translated to StoreUnavailable."""
        with translate_errors(self.gate):
            return _as_untyped(super()).execute_command(*args, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 - redis-py's
        """Return a pipeline of commands, by default as one transaction."""
        pipeline = _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipeline.gate = self.gate
        return pipeline

    def pubsub(self, **kwargs: Any) -> PubSub:
        """Return a separate connection that subscribes to channels."""
        return _PubSub(self.connection_pool, **kwargs)


def check_reply(reply: Any) -> Any:
    """Return one reply of a pipeline, or raise it if it is an error."""
    with translate_errors():
        if isinstance(reply, Exception):
            raise reply
    return reply


class _Pipeline(Pipeline):
    gate: _Gate

    def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 - redis-py's
        with translate_errors(self.gate):
            return super().execute(raise_on_error)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        with translate_errors(self.gate):
            return _as_untyped(super()).immediate_execute_command(*args, **options)


class _PubSub(PubSub):
    def execute_command(self, *args: Any) -> None:
        with translate_errors():
            _as_untyped(super()).execute_command(*args)

    def parse_response(self, block: bool = True, timeout: float = 0) -> Any:  # noqa: FBT001, FBT002 - redis-py's
        with translate_errors():
            return _as_untyped(super()).parse_response(block, timeout)


def _as_untyped(parent: Any) -> Any:
    """Return a parent without its type: these methods of redis-py have no annotations."""
    return parent


@contextmanager
def translate_errors(gate: _Gate | None = None) -> Iterator[None]:
    """Raise StoreUnavailable for what redis-py raises in this block if the server is away or unfit."""
    if gate is not None:
        gate.enter()
    hung = False
    try:
        yield
    except redis.WatchError as error:
        # redis-py says of a lost connection, too, that a watched key changed, even if all may have been executed.
        lost = error.__context__
        hung = isinstance(lost, redis.TimeoutError)
        if isinstance(lost, redis.TimeoutError | redis.ConnectionError):
            raise StoreUnavailable(f"Redis does not answer: {lost}") from error
        raise
    except (redis.TimeoutError, redis.ConnectionError) as error:
        hung = isinstance(error, redis.TimeoutError)
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
    """Return a value of Redis as text."""
    return value.decode() if isinstance(value, bytes) else value


def texts(raw: Mapping[bytes | str, bytes | str]) -> dict[str, str]:
    """Return a hash of Redis as text."""
    return {text(name): text(value) for name, value in raw.items()}


def seconds(milliseconds: str | None) -> float | None:
    """Return a stored timestamp (ms) as seconds since the epoch, or None."""
    return None if milliseconds is None else float(milliseconds) / 1000
