"""`python -m bench.storage`: what a course costs in Redis, by what each key holds.

Every student hands in three notebooks of about 60 kB, all distinct: the shipped example, a page of prose that all
share, and printed numbers of the student's own. The first fails, the others pass, with the engine's own verdicts.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from bench.grading import grade
from bench.submissions import EXAMPLES
from grader.model.records import Job, Kind
from grader.model.result import read_verdict
from grader.model.verdict import Verdict
from grader.settings.service import ServiceSettings
from grader.store.connection import text
from grader.store.store import Store
from grader.store.submissions import NewSubmission
from worker.serve.embedded import EmbeddedRedis

#: Submissions of one student, bytes of one, and how many scripts of each kind are timed.
EACH, BYTES, TIMED = 3, 60_000, 500
#: Keys that are looked at in one go.
KEYS = 1000
DOCS = Path(__file__).parents[1] / "docs"
FAILED, PASSED = "no_relu_derivative.ipynb", "right.ipynb"

Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass(frozen=True, slots=True)
class Course:
    """What is handed in and what it gets."""

    prose: str
    failed: Verdict
    passed: Verdict

    def source(self, student: int, attempt: int) -> bytes:
        """A notebook that nobody else hands in."""
        notebook = json.loads((EXAMPLES / (PASSED if attempt else FAILED)).read_text(encoding="utf-8"))
        own = random.Random(f"{student} {attempt}")  # noqa: S311 - numbers to fill a page with
        printed: list[str] = []
        notebook["cells"].append(
            {"cell_type": "markdown", "metadata": {}, "source": self.prose.splitlines(keepends=True)}
        )
        left = BYTES - len(json.dumps(notebook, indent=1))
        while left > 0:
            printed.append(" ".join(f"{own.gauss():.6f}" for _ in range(8)) + "\n")
            left -= len(printed[-1]) + 8
        output = {"name": "stdout", "output_type": "stream", "text": printed}
        cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": [], "outputs": [output]}
        notebook["cells"].append(cell)
        return json.dumps(notebook, indent=1).encode()


def main() -> None:
    """Fill an empty Redis, and say what it holds."""
    parser = argparse.ArgumentParser(prog="bench.storage", description=__doc__)
    parser.add_argument("--students", type=int, default=10_000)
    students = parser.parse_args().students
    prose = (DOCS / "jail.md").read_text(encoding="utf-8") + (DOCS / "verdict.md").read_text(encoding="utf-8")
    course = Course(prose[:20_000], read_verdict(_verdict(FAILED, "failed")), read_verdict(_verdict(PASSED, "passed")))
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder))
        server.start()
        try:
            _measure(Store.connect(ServiceSettings(redis_url=SecretStr(server.url))), course, students, Path(folder))
        finally:
            server.stop()


def _measure(store: Store, course: Course, students: int, folder: Path) -> None:
    revision = store.assignments.current("cs101", "udl-7.2")
    if revision is None:
        raise LookupError("udl-7.2 does not ship any more")
    empty = int(store.redis.info("memory")["used_memory"])
    for name, seconds in _timed(store, course, revision.id).items():
        print(f"{name:10} {1e3 * seconds:6.2f} ms, each on disk before it is answered")
    # Only time is saved by this: what is held is the same.
    store.redis.config_set("appendfsync", "no")
    for student in range(students):
        for attempt in range(EACH):
            _hand_in(store, course, revision.id, student, attempt)
    used = int(store.redis.info("memory")["used_memory"]) - empty
    print(f"{students} students, {EACH} submissions each, sources of {BYTES // 1000} kB, all distinct")
    print(f"{'key':34} {'keys':>8} {'bytes each':>11} {'MB':>8}")
    sizes, numbers = _by_kind(store)
    for kind, size in sizes.most_common():
        print(f"{kind:34} {numbers[kind]:8} {size / numbers[kind]:11.0f} {size / 1e6:8.1f}")
    print(f"all together {used / 1e6:.0f} MB of memory, {used / students / 1e3:.0f} kB a student;", end=" ")
    written = sum(each.stat().st_size for each in (folder / "appendonlydir").iterdir())
    print(f"{written / 1e6:.0f} MB on disk")


def _hand_in(store: Store, course: Course, revision: str, student: int, attempt: int) -> None:
    source = course.source(student, attempt)
    given = NewSubmission(
        "cs101", "udl-7.2", revision, f"student-{student:05}@example.edu", "7_2_Backpropagation.ipynb", source
    )
    name = store.submissions.accept(given).id
    claim = store.jobs.claim(Job(Kind.SUBMISSION, name))
    if claim is None:
        raise LookupError(f"{name} does not wait")
    verdict = course.passed if attempt else course.failed
    store.submissions.finish(claim, verdict.with_identity(name, verdict.submission.filename))


def _timed(store: Store, course: Course, revision: str) -> dict[str, float]:
    """Seconds of the scripts of a submission, the median; nothing of it is left."""
    news = [NewSubmission("t", "udl-7.2", revision, str(at), "a.ipynb", course.source(at, 0)) for at in range(TIMED)]
    accepted, accepting = _each(lambda new: store.submissions.accept(new).id, news)
    claims, claiming = _each(lambda name: store.jobs.claim(Job(Kind.SUBMISSION, name)), accepted)
    _, finishing = _each(lambda claim: claim and store.submissions.finish(claim, course.failed), claims)
    _, deleting = _each(store.submissions.delete, accepted)
    store.redis.delete("bm:outbox")
    return {"accept": accepting, "claim": claiming, "finish": finishing, "delete": deleting}


def _each(what: Callable[[Given], Got], given: list[Given]) -> tuple[list[Got], float]:
    got, taken = [], []
    for each in given:
        started = time.perf_counter()
        got.append(what(each))
        taken.append(time.perf_counter() - started)
    return got, sorted(taken)[len(taken) // 2]


def _by_kind(store: Store) -> tuple[Counter[str], Counter[str]]:
    """Bytes and numbers of keys, by the first parts of their names."""
    sizes: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    names: Iterator[str] = (text(name) for name in store.redis.scan_iter("*", count=KEYS))
    while some := tuple(islice(names, KEYS)):
        pipeline = store.redis.pipeline(transaction=False)
        for name in some:
            pipeline.memory_usage(name, samples=0)
        for name, size in zip(some, pipeline.execute(), strict=True):
            parts = name.split(":")
            kind = ":".join((*parts[:2], "<course>", parts[3])) if parts[1] == "index" else ":".join(parts[:2])
            sizes[kind] += int(size)
            numbers[kind] += 1
    return sizes, numbers


def _verdict(file: str, outcome: str) -> dict[str, Any]:
    return dict(json.loads(grade([str(EXAMPLES / file)], [outcome == "passed"]).text[0]))


if __name__ == "__main__":
    main()
