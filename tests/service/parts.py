"""The parts of a service as processes of their own: for tests that stop and kill them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backmark.grader.dispatch import CeleryDispatcher, application
from backmark.grader.model.records import Queue, SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import keys
from backmark.grader.store.connection import text
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.serve.die_with_parent import tie_to_parent

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in {".py", ".ipynb"})
COURSE, ASSIGNMENT = "backprop", "udl-7.2"
#: Seconds for what takes a second or two on a machine that does nothing else.
PATIENCE = 60.0

#: Sleeps long enough for anything to happen to it.
SLEEPER = b"""
import time
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    time.sleep(1000)
"""


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The result object, as the command line prints it."""
    return dict(json.loads(json.dumps(verdict.as_dict())))


def without_identity(verdict: dict[str, Any]) -> dict[str, Any]:
    """The verdict without what differs between two gradings: the submission's id, and the time it took."""
    return {
        **verdict,
        "submission": {**verdict["submission"], "id": ""},
        "statistics": {**verdict["statistics"], "seconds": 0},
    }


def are_gone(pids: set[int]) -> bool:
    """Return True if none of these processes runs; a zombie does not."""
    return not any(_runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def until(
    true: Callable[[], object], expectation: str, patience: float = PATIENCE, describe: Callable[[], str] = lambda: ""
) -> None:
    """Wait until it is true; `describe` says how things stand if it does not become so."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"after {patience:g} s still not: {expectation}\n{describe()}"
        time.sleep(0.02)


class Part:
    """`backmark ...` as a process, of the packages in `root`; `within` is a command that runs it elsewhere."""

    def __init__(
        self, words: list[str], variables: dict[str, str], log: Path, root: Path = ROOT, *, within: Sequence[str] = ()
    ) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKMARK_")}
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                # It ends with the tests, also when these are killed.
                tie_to_parent([*within, sys.executable, "-m", "backmark", *words]),
                env={**environment, **variables},
                cwd=root,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self.process.pid

    def children(self) -> list[int]:
        """Its direct children that live."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def descendants(self) -> set[int]:
        """All processes below it that live, jails and what is in them too."""
        pids, parents = set(), [self.pid]
        while parents:
            for task in Path(f"/proc/{parents.pop()}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    children = {int(pid) for pid in task.read_text().split()}
                    pids |= children
                    parents += children
        return pids

    def kill(self) -> None:
        """As by `kill -9`."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


class Service:
    """A store, and whatever parts a test starts on it."""

    def __init__(self, url: str, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        #: Where the packages of the parts that are started next are.
        self.root = ROOT
        self.variables = {"BACKMARK_REDIS_URL": url, "BACKMARK_LEASE_SECONDS": "2", **variables}
        self.settings = ServiceSettings.model_validate(
            {name.removeprefix("BACKMARK_").lower(): value for name, value in self.variables.items()}
        )
        self.store = Store.connect(self.settings)
        self.dispatcher = CeleryDispatcher(application(self.settings))
        self.parts: list[Part] = []

    def start(self, *words: str, **variables: str) -> Part:
        """A part of these words, with its log in the test's folder."""
        part = Part(["service", *words], {**self.variables, **variables}, self.folder / f"{words[0]}.log", self.root)
        self.parts.append(part)
        return part

    def worker(self, concurrency: int = 2, **variables: str) -> Part:
        """A worker that takes work already."""
        part = self.start("worker", "--concurrency", str(concurrency), **variables)
        until(lambda: any(str(part.pid) in worker.name for worker in self.store.workers.list()), "the worker reports")
        return part

    def submit(self, source: bytes, filename: str, student: str, assignment: str = ASSIGNMENT) -> str:
        """Hand in, as the web server does, and be graded by what ships; the submission's id."""
        revision = self.store.assignments.current(COURSE, ASSIGNMENT)
        assert revision is not None
        new = NewSubmission(COURSE, assignment, revision.id, student, filename, source)
        name = self.store.submissions.accept(new).id
        self.dispatcher.nudge()
        return name

    def submission(self, name: str) -> SubmissionRecord:
        """As it is now."""
        record = self.store.submissions.get(name)
        assert record is not None
        return record

    def wait_for_ends(self, *names: str, patience: float = PATIENCE) -> list[SubmissionRecord]:
        """The submissions, once all are at their end."""
        unfinished = set(names)

        def have_ended() -> bool:
            unfinished.difference_update([name for name in unfinished if self.submission(name).state.terminal])
            return not unfinished

        until(have_ended, "all submissions are at their end", patience)
        return [self.submission(name) for name in names]

    def describe(self) -> str:
        """How things stand: the jobs that are not at their end, what waits, and the end of each log."""
        redis = self.store.redis
        names = [text(key).rpartition(":")[2] for key in redis.keys("bm:submission:*")]
        lines = [str(record) for record in self.store.submissions.many(names) if not record.state.terminal]
        lines.append(f"leases {redis.zrange(keys.LEASES, 0, -1, withscores=True)}, the time {redis.time()}")
        lines += [f"{queue}: {self.store.jobs.waiting(queue)} waiting" for queue in Queue]
        for log in sorted(self.folder.glob("*.log")):
            lines += [f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-30:]]
        return "\n".join(lines)

    def close(self) -> None:
        """End all of its parts, at once."""
        for part in self.parts:
            part.process.kill()
            part.process.wait()
        self.store.close()


@contextmanager
def service(url: str, folder: Path, **variables: str) -> Iterator[Service]:
    """A service on the Redis at `url`, empty at the start."""
    new_service = Service(url, folder, variables)
    try:
        new_service.store.redis.flushall()
        yield new_service
    finally:
        new_service.close()
