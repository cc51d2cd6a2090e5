"""Many submissions on several processors: each process grades in turn, and verdicts come in the files' order."""

import json
import os
import select
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from backmark.grader.errors import (
    AssignmentError,
    BackmarkError,
    BadAssignment,
    JailFailed,
    JailInterrupted,
    JailUnavailable,
    MadeByNewerVersion,
    ServiceError,
)
from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import Verdict
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.files import read_submission
from backmark.worker.grading.grader import Grader

#: Files that a process has at a time: the one that it grades and the next, so that it never waits for us.
_FILES_AT_ONCE = 2
#: Seconds that a process has to end by itself; one that waits for a file ends at once.
_GRACE_SECONDS = 0.3
#: Files that are handed out while an earlier one has no verdict yet: it bounds the verdicts that wait for it.
_MOST_AHEAD = 1000
#: The errors that a process passes on, each made from its message alone. Any other is passed on as its nearest base.
_ERRORS: Mapping[str, type[BackmarkError]] = MappingProxyType(
    {
        error.__name__: error
        for error in (
            BackmarkError,
            ServiceError,
            JailUnavailable,
            JailFailed,
            JailInterrupted,
            AssignmentError,
            BadAssignment,
            MadeByNewerVersion,
        )
    }
)


@dataclass(slots=True)
class _GradingProcess:
    """A process that grades, and the indices of the files that it has, in the order in which it answers."""

    pid: int
    pipe: Connection
    pending: deque[int] = field(default_factory=deque)


class Parallel:
    """Processes that grade, forked at once so that they share the memory of that moment; `close` ends them."""

    def __init__(
        self, files: Sequence[Path], names: Sequence[str], processes: int, make_grader: Callable[[], Grader]
    ) -> None:
        self._files = files
        self._processes: list[_GradingProcess] = []
        for _ in range(processes):
            ours, theirs = Pipe()
            pid = os.fork()
            if pid == 0:
                # Else a sibling would not see the end of its pipe when we are gone.
                for pipe in (ours, *(process.pipe for process in self._processes)):
                    pipe.close()
                _work(theirs, files, names, make_grader)
            theirs.close()
            self._processes.append(_GradingProcess(pid, ours))

    def receive_verdicts(self) -> Iterator[Verdict | GradingFailure]:
        """Yield each file's verdict, in order; raise any other error that one of the processes met."""
        verdicts: dict[int, Verdict | GradingFailure] = {}
        following = 0
        for index in range(len(self._files)):
            while index not in verdicts:
                following = self._hand_out(following, min(len(self._files), index + _MOST_AHEAD))
                busy = {process.pipe: process for process in self._processes if process.pending}
                for pipe in wait(list(busy)):
                    if isinstance(pipe, Connection):
                        verdicts[busy[pipe].pending.popleft()] = _receive(pipe)
            yield verdicts.pop(index)

    def close(self) -> None:
        """End the processes, and wait until they have ended."""
        for process in self._processes:
            process.pipe.close()
        for process in self._processes:
            pidfd = os.pidfd_open(process.pid)
            if not select.select([pidfd], [], [], _GRACE_SECONDS)[0]:
                # It is grading, and would notice only afterwards.
                os.kill(process.pid, signal.SIGTERM)
            os.close(pidfd)
            os.waitpid(process.pid, 0)
        self._processes.clear()

    def _hand_out(self, following: int, end: int) -> int:
        """Send files from this index on; return the index of the first that is left."""
        for process in self._processes:
            while len(process.pending) < _FILES_AT_ONCE and following < end:
                process.pending.append(following)
                # A process that was killed is noticed when its answer is waited for.
                with suppress(BrokenPipeError):
                    process.pipe.send_bytes(b"%d" % following)
                following += 1
        return following


def _receive(pipe: Connection) -> Verdict | GradingFailure:
    try:
        answer: dict[str, Any] = json.loads(pipe.recv_bytes())
    except (EOFError, ConnectionResetError) as error:
        raise JailFailed("a process that grades was killed") from error
    if "verdict" in answer:
        return read_verdict(answer["verdict"])
    if "internal" in answer:
        return GradingFailure(answer["file"], answer["internal"])
    if "errno" in answer:
        raise OSError(answer["errno"], answer["message"], answer["file"])
    raise _ERRORS[answer["error"]](answer["message"])


def _work(pipe: Connection, files: Sequence[Path], names: Sequence[str], make_grader: Callable[[], Grader]) -> NoReturn:
    """Grade files until the parent closes the pipe or sends SIGTERM. SIGINT is left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Leave by the code that closes our jails: a jail is not tied to us in its first moments.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    status = 1
    try:
        _answer_files(pipe, files, names, make_grader)
        status = 0
    except (EOFError, OSError, SystemExit):
        status = 0
    except Exception:  # noqa: BLE001 - an edge: the parent only sees that we ended
        traceback.print_exc()
    finally:
        os._exit(status)


def _answer_files(
    pipe: Connection, files: Sequence[Path], names: Sequence[str], make_grader: Callable[[], Grader]
) -> None:
    """Send an answer for each file whose index comes; without a grader, the reason in place of the first."""
    try:
        grader = make_grader()
    except (OSError, BackmarkError) as error:
        pipe.send_bytes(json.dumps(_describe_error(error)).encode())
        return
    with closing(grader.jails) as jails:
        while True:
            if pipe.poll():
                # Only if there is a file for it: a jail that starts while we end could stay. What hinders this one is
                # reported by `_grade`, which starts another.
                with suppress(OSError):
                    jails.prepare(grader.limits)
            index = int(pipe.recv_bytes())
            pipe.send_bytes(json.dumps(_grade(grader, files[index], names[index])).encode())


def _grade(grader: Grader, file: Path, name: str) -> dict[str, Any]:
    try:
        return {"verdict": grader.grade(read_submission(file), name).as_dict()}
    except (OSError, BackmarkError) as error:
        return _describe_error(error)
    except Exception:  # noqa: BLE001 - an edge: whatever it is, it is ours, and this file's alone
        return {"internal": traceback.format_exc(), "file": name}


def _describe_error(error: OSError | BackmarkError) -> dict[str, Any]:
    """Return an answer of which `_receive` makes the error again."""
    if isinstance(error, OSError):
        return {"errno": error.errno, "message": error.strerror, "file": error.filename}
    base = next(base for base in type(error).__mro__ if base in _ERRORS.values())
    return {"error": base.__name__, "message": str(error)}
