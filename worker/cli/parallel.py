"""Many submissions on several processors: processes that grade one after the other, verdicts in the files' order."""

import json
import os
import select
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, NoReturn

from grader import errors
from grader.errors import BackmarkError, JailFailed
from grader.model.result import verdict
from grader.model.verdict import Verdict
from worker.cli.failure import Failure
from worker.cli.files import read
from worker.grading.grader import Grader

#: Files that a process has at a time: the one that it grades and the next, so that it never waits for us.
_GIVEN = 2
#: Seconds that a process may take to end by itself, which one that waits for a file does at once.
_GRACE = 0.3
#: Files that are handed out before the verdict of one that comes first is there: what waits for it is bounded.
_AHEAD = 1000


@dataclass(slots=True)
class _Process:
    """One that grades, and the files that it has, which it answers in this order."""

    pid: int
    line: Connection
    has: deque[int] = field(default_factory=deque)


class Parallel:
    """So many processes, forked at once and sharing what is in memory by then; close it, and they end."""

    def __init__(
        self, files: Sequence[Path], called: Sequence[str], processes: int, grader: Callable[[], Grader]
    ) -> None:
        self._files = files
        self._processes: list[_Process] = []
        for _ in range(processes):
            ours, theirs = Pipe()
            pid = os.fork()
            if pid == 0:
                # Else they would not see the end of a sibling's line when we are gone.
                for each in (ours, *(process.line for process in self._processes)):
                    each.close()
                _work(theirs, files, called, grader)
            theirs.close()
            self._processes.append(_Process(pid, ours))

    def verdicts(self) -> Iterator[Verdict | Failure]:
        """Each file's verdict, in order. Raises what any of the processes met that is no verdict."""
        known: dict[int, Verdict | Failure] = {}
        following = 0
        for at in range(len(self._files)):
            while at not in known:
                following = self._give(following, min(len(self._files), at + _AHEAD))
                busy = {process.line: process for process in self._processes if process.has}
                for line in wait(list(busy)):
                    if isinstance(line, Connection):
                        known[busy[line].has.popleft()] = _told(line)
            yield known.pop(at)

    def close(self) -> None:
        """Have them end, and wait for that."""
        for process in self._processes:
            process.line.close()
        for process in self._processes:
            ending = os.pidfd_open(process.pid)
            if not select.select([ending], [], [], _GRACE)[0]:
                # It grades, and would notice only after that.
                os.kill(process.pid, signal.SIGTERM)
            os.close(ending)
            os.waitpid(process.pid, 0)
        self._processes.clear()

    def _give(self, following: int, end: int) -> int:
        """Hand out files from this place on; return the place of the first that is left."""
        for process in self._processes:
            while len(process.has) < _GIVEN and following < end:
                process.has.append(following)
                # One that was killed is noticed where its answer is waited for.
                with suppress(BrokenPipeError):
                    process.line.send_bytes(b"%d" % following)
                following += 1
        return following


def _told(line: Connection) -> Verdict | Failure:
    try:
        told: dict[str, Any] = json.loads(line.recv_bytes())
    except (EOFError, ConnectionResetError) as error:
        raise JailFailed("a process that grades was killed") from error
    if "verdict" in told:
        return verdict(told["verdict"])
    if "internal" in told:
        return Failure(told["file"], told["internal"])
    if "errno" in told:
        raise OSError(told["errno"], told["message"], told["file"])
    raise getattr(errors, told["error"], BackmarkError)(told["message"])


def _work(line: Connection, files: Sequence[Path], called: Sequence[str], make: Callable[[], Grader]) -> NoReturn:
    """Grade what we are given until nobody gives more, or we are told to end. A Ctrl-C is for who gives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # By way of what closes our jails: one that is being made is not tied to us in its first moments.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    status = 1
    try:
        grader = make()
        with closing(grader.jails) as jails:
            while True:
                if line.poll():
                    # Not for nobody: one that is being made while we end could stay.
                    jails.prepare(grader.limits)
                at = int(line.recv_bytes())
                line.send_bytes(json.dumps(_graded(grader, files[at], called[at])).encode())
    except (EOFError, OSError, SystemExit):
        status = 0
    except Exception:  # noqa: BLE001 - an edge: who gave us work only sees that we ended
        traceback.print_exc()
    finally:
        os._exit(status)


def _graded(grader: Grader, file: Path, called: str) -> dict[str, Any]:
    try:
        return {"verdict": grader.grade(read(file), called).as_dict()}
    except OSError as error:
        return {"errno": error.errno, "message": error.strerror, "file": str(file)}
    except BackmarkError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except Exception:  # noqa: BLE001 - an edge: whatever it is, it is ours, and this file's alone
        return {"internal": traceback.format_exc(), "file": called}
