"""Transactions: changes of several keys in Python, for what is rare; each happens completely, or not at all.

Redis watches every key that a change reads, and executes its writes together if none of these changed meanwhile: else
the change begins anew. What is frequent, or touches the state of a job, is a function; what a change shares with those
is one, too, and is called among its writes.
"""

import time
from collections.abc import Callable
from functools import wraps
from secrets import SystemRandom
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from redis.client import Pipeline
from redis.commands.core import DataAccessCommands
from redis.exceptions import WatchError

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.connection import Connection, text, translate_errors
from backmark.grader.store.functions import Argument, FunctionCall, Functions, write_out

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

#: How often a change is tried, and by how many seconds the longest pause grows from one try to the next.
_TRIES, _PAUSE = 50, 0.001
_random = SystemRandom()


class Transaction:
    """One try at a change. It may begin anew, so it changes nothing but what it writes."""

    def __init__(self, pipeline: Pipeline, functions: Functions) -> None:
        pipeline.multi()
        self._functions = functions
        #: Redis's commands that write, all executed at the end: what is read before does not show them.
        self.write = pipeline
        #: Redis's commands that read; what they read is as it is at the end.
        self.read = _Reads(pipeline)

    def run(self, name: str, /, **arguments: Argument) -> None:
        """Call a function at the end, in its turn among the writes."""
        # With its text, since where it is missing the other writes would be done without it; and so that a full memory
        # refuses a transaction before its first write, but never in the middle of it.
        command = write_out(FunctionCall(name, arguments), is_unrefused=True)
        self.write.execute_command(*command)  # type: ignore[no-untyped-call] # redis-py's

    def now(self) -> int:
        """Return the milliseconds since 1970 by Redis's clock."""
        seconds, micros = self.write.immediate_execute_command("TIME")  # type: ignore[no-untyped-call] # redis-py's
        return int(seconds) * 1000 + int(micros) // 1000

    def moment(self) -> str:
        """Return a moment in milliseconds, with three more digits, that is later than every one before."""
        return text(self._functions.call("moment"))


class Transactions:
    """The transactions of one store."""

    def __init__(self, redis: Connection, functions: Functions) -> None:
        self._redis = redis
        self._functions = functions

    def run(self, change: Callable[[Transaction], Result]) -> Result:
        """Make a change and return what it returns; nothing is written if it raises."""
        self._functions.check_readable()
        for tries in range(1, _TRIES + 1):
            with translate_errors(), self._redis.pipeline() as pipeline:
                result = change(Transaction(pipeline, self._functions))
                try:
                    pipeline.execute()
                except WatchError:
                    # Somebody else came through: of several that begin anew, not always the same one is last.
                    time.sleep(_random.uniform(0, _PAUSE * tries))
                else:
                    return result
        raise StoreUnavailable("what is to be changed keeps changing; try again")


class _Noun(Protocol):
    transactions: Transactions


Noun = TypeVar("Noun", bound=_Noun)


def in_transaction(
    method: Callable[Concatenate[Noun, Transaction, Arguments], Result],
) -> Callable[Concatenate[Noun, Arguments], Result]:
    """Make each call of a noun's method one transaction, which the method has as its first argument."""

    @wraps(method)
    def call(noun: Noun, /, *args: Arguments.args, **options: Arguments.kwargs) -> Result:
        return noun.transactions.run(lambda transaction: method(noun, transaction, *args, **options))

    return call


class _Reads(DataAccessCommands):
    """The commands that read, each executed at once, after Redis was asked to watch its keys."""

    # What redis-py's commands ask of their client.
    _is_async_client: Literal[False] = False
    _event_dispatcher: Any = None

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._watched: set[str] = set()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        # redis-py names the keys of what reads; of what writes it names none.
        keys = options["keys"]
        unwatched = {keys} if isinstance(keys, str) else set(keys)
        if unwatched := unwatched - self._watched:
            self._pipeline.immediate_execute_command("WATCH", *unwatched)  # type: ignore[no-untyped-call] # redis-py's
            self._watched |= unwatched
        return self._pipeline.immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call] # redis-py's
