"""`python -m bench.storage`: what a course costs in Redis, by kind of key.

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
from statistics import median_high
from typing import TypeVar

from pydantic import SecretStr

from backmark.grader.model.records import Job, Kind
from backmark.grader.model.verdict import Verdict
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.connection import text
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from bench.recording import current_revision, record_verdict
from bench.stack import run_redis
from bench.submissions import EXAMPLES
from bench.verdicts import FAILED, PASSED, grade_examples

COURSE, ASSIGNMENT = "cs101", "udl-7.2"
#: Submissions of a student, bytes of a notebook, and the number of times that each script is timed.
ATTEMPTS, NOTEBOOK_BYTES, SCRIPT_RUNS = 3, 60_000, 500
#: Keys that are measured in one pipeline.
KEYS = 1000
DOCS = Path(__file__).parents[1] / "docs" / "how-we-know"

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Coursework:
    """The notebooks of a course, and their verdicts."""

    prose: str
    passed: Verdict
    failed: Verdict

    def make_notebook(self, student: int, attempt: int) -> bytes:
        """Return a notebook that nobody else hands in."""
        notebook = json.loads((EXAMPLES / (PASSED if attempt else FAILED)).read_text(encoding="utf-8"))
        rng = random.Random(f"{student} {attempt}")  # noqa: S311 - numbers to fill a page with
        lines: list[str] = []
        notebook["cells"].append(
            {"cell_type": "markdown", "metadata": {}, "source": self.prose.splitlines(keepends=True)}
        )
        left = NOTEBOOK_BYTES - len(json.dumps(notebook, indent=1))
        while left > 0:
            lines.append(" ".join(f"{rng.gauss():.6f}" for _ in range(8)) + "\n")
            left -= len(lines[-1]) + 8
        output = {"name": "stdout", "output_type": "stream", "text": lines}
        cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": [], "outputs": [output]}
        notebook["cells"].append(cell)
        return json.dumps(notebook, indent=1).encode()


def main() -> None:
    """Fill an empty Redis, and print what it holds."""
    parser = argparse.ArgumentParser(prog="bench.storage", description=__doc__)
    parser.add_argument("--students", type=int, default=10_000)
    students = parser.parse_args().students
    prose = (DOCS / "jail.md").read_text(encoding="utf-8") + (DOCS / "verdict.md").read_text(encoding="utf-8")
    coursework = Coursework(prose[:20_000], *grade_examples())
    with tempfile.TemporaryDirectory() as name, run_redis(Path(name)) as server:
        store = Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))
        revision = current_revision(store, COURSE, ASSIGNMENT)
        empty = _used_memory(store)
        for script, seconds in _time_scripts(store, coursework, revision).items():
            print(f"{script:10} {1e3 * seconds:6.2f} ms, each on disk before it is answered")
        _fill(store, coursework, revision, students)
        print(f"{students} students, {ATTEMPTS} submissions each, sources of {NOTEBOOK_BYTES // 1000} kB, all distinct")
        _print_keys(store)
        memory = _used_memory(store) - empty
        print(f"all together {memory / 1e6:.0f} MB of memory, {memory / students / 1e3:.0f} kB a student;", end=" ")
        disk_bytes = sum(file.stat().st_size for file in Path(name, "appendonlydir").iterdir())
        print(f"{disk_bytes / 1e6:.0f} MB on disk")


def _used_memory(store: Store) -> int:
    return int(store.redis.info("memory")["used_memory"])


def _fill(store: Store, coursework: Coursework, revision: str, students: int) -> None:
    # This saves only time: what is held is the same.
    store.redis.config_set("appendfsync", "no")
    for number in range(students):
        student = f"student-{number:05}@example.edu"
        for attempt in range(ATTEMPTS):
            source = coursework.make_notebook(number, attempt)
            new = NewSubmission(COURSE, ASSIGNMENT, revision, student, "7_2_Backpropagation.ipynb", source)
            record_verdict(store, new, coursework.passed if attempt else coursework.failed)


def _time_scripts(store: Store, coursework: Coursework, revision: str) -> dict[str, float]:
    """Return the median seconds of the scripts of a submission; nothing of it is left."""
    submissions = [
        NewSubmission("t", ASSIGNMENT, revision, str(number), "a.ipynb", coursework.make_notebook(number, 0))
        for number in range(SCRIPT_RUNS)
    ]
    names, accepting = _time_calls(lambda new: store.submissions.accept(new).id, submissions)
    claims, claiming = _time_calls(lambda name: store.jobs.claim(Job(Kind.SUBMISSION, name)), names)
    _, finishing = _time_calls(lambda claim: claim and store.submissions.finish(claim, coursework.failed), claims)
    _, deleting = _time_calls(store.submissions.delete, names)
    store.redis.delete("bm:outbox")
    return {"accept": accepting, "claim": claiming, "finish": finishing, "delete": deleting}


def _time_calls(call: Callable[[Argument], Result], arguments: list[Argument]) -> tuple[list[Result], float]:
    """Return the results of the calls, and the median of their seconds."""
    results, times = [], []
    for argument in arguments:
        start = time.perf_counter()
        results.append(call(argument))
        times.append(time.perf_counter() - start)
    return results, median_high(times)


def _print_keys(store: Store) -> None:
    print(f"{'key':34} {'keys':>8} {'bytes each':>11} {'MB':>8}")
    sizes, numbers = _measure_keys(store)
    for kind, size in sizes.most_common():
        print(f"{kind:34} {numbers[kind]:8} {size / numbers[kind]:11.0f} {size / 1e6:8.1f}")


def _measure_keys(store: Store) -> tuple[Counter[str], Counter[str]]:
    """Return the bytes and the numbers of keys, by the first parts of their names."""
    sizes: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    names: Iterator[str] = (text(name) for name in store.redis.scan_iter("*", count=KEYS))
    while batch := tuple(islice(names, KEYS)):
        pipeline = store.redis.pipeline(transaction=False)
        for name in batch:
            pipeline.memory_usage(name, samples=0)
        for name, size in zip(batch, pipeline.execute(), strict=True):
            parts = name.split(":")
            kind = ":".join((*parts[:2], "<course>", parts[3])) if parts[1] == "index" else ":".join(parts[:2])
            sizes[kind] += int(size)
            numbers[kind] += 1
    return sizes, numbers


if __name__ == "__main__":
    main()
