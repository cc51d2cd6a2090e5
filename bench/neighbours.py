"""`python -m bench.neighbours`: one student never costs another, shown on a whole service with its default limits.

Two hostile students flood (empty requests, wrong files, large files), sleep and fill while a third hands in right
files: first on personal links, then on a class link. Everybody comes from one address. Exit status 1 if the third
student is refused, waits more than three times as long as on a quiet service, or if what was accepted is lost.
"""

import argparse
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Self

import httpx
from flask import Flask
from pydantic import SecretStr

from bench.service import Spread
from bench.stack import ASSIGNMENT, COURSE, PATIENCE, Stack, stack
from bench.submissions import numbered, right
from grader.model.records import SubmissionRecord
from grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from grader.web import create_app
from grader.web.http import links

#: How many times a quiet p95 the third student's may be.
_TIMES = 3.0
#: Seconds between two files of the third student, and requests a second of each flood: far above what limits allow.
_BETWEEN, _FLOOD = 1.0, 25.0
#: Seconds of the attack before the third student's times count.
_SETTLING = 60.0
_SECRET = "for one measurement, and as long as a real one is"  # noqa: S105 - it guards nothing
_LARGE = 8_000_000

SLEEPER = """import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    time.sleep(1000)
"""


class Visitor:
    """A browser on a link to hand in."""

    def __init__(self, url: str, link: str, name: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE)
        self._link, self._name = link, name
        page = self._client.get(link)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        self._guard = found[1] if found else ""
        #: Answers by status, and the paths of the verdicts of what was accepted.
        self.statuses: Counter[int] = Counter()
        self.accepted: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def hand_in(self, source: bytes, name: str = "answer.py") -> str | None:
        """Hand in a file; the path of its verdict if it was accepted."""
        fields = {"csrf_token": self._guard, "student": self._name}
        return self._counted(self._client.post(self._link, data=fields, files={"file": (name, source)}))

    def empty(self) -> None:
        """Send a request without a form."""
        self._counted(self._client.post(self._link))

    def _counted(self, answer: httpx.Response) -> str | None:
        self.statuses[answer.status_code] += 1
        if answer.status_code != httpx.codes.SEE_OTHER:
            return None
        self.accepted.append(answer.headers["Location"])
        return self.accepted[-1]


@dataclass(slots=True)
class Measured:
    """What became of a student who does nothing wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    #: Seconds from accepted to the verdict, of those that count.
    taken: list[float] = field(default_factory=list)
    #: Accepted submissions that did not end as passed.
    lost: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Answers that say too much, no room or not now."""
        return sum(number for status, number in self.statuses.items() if status in {429, 503, 507})


@dataclass(slots=True)
class Report:
    """The three phases, and what the hostile students were answered."""

    quiet: Measured
    personal: Measured
    shared: Measured
    classmate: Measured
    hostile: Counter[int]
    #: Accepted submissions of anybody that came to no end.
    endless: int

    def violations(self, *, timed: bool) -> list[str]:
        """Return what was promised and not kept."""
        found = []
        for name, one in self.phases().items():
            # On a class link anybody may use up the share of all: who is on it may be refused, and loses nothing.
            if one.refused and one is not self.classmate:
                found.append(f"{name}: {one.refused} requests were refused")
            if one.lost:
                found.append(f"{name}: {len(one.lost)} accepted submissions did not pass")
        if self.endless:
            found.append(f"{self.endless} accepted submissions came to no end")
        if timed:
            most = _TIMES * Spread.of(self.quiet.taken).p95
            for name, one in (("personal links", self.personal), ("class link", self.shared)):
                if len(one.taken) < 2:
                    found.append(f"{name}: too few verdicts to tell")
                elif (p95 := Spread.of(one.taken).p95) > most:
                    found.append(f"{name}: p95 is {p95:.0f} ms, and may be {most:.0f} ms")
        return found

    def phases(self) -> dict[str, Measured]:
        """Return what was measured, by what it is called."""
        return {
            "quiet": self.quiet,
            "beside two on personal links": self.personal,
            "beside two on a class link": self.shared,
            "  and who is on it with them": self.classmate,
        }


@dataclass(slots=True)
class Class:
    """A service, its links, and sources of which no two are the same."""

    up: Stack
    app: Flask
    numbers: Iterator[int] = field(default_factory=count)
    sources: list[str] = field(default_factory=right)

    @classmethod
    def of(cls, up: Stack) -> "Class":
        """The class of a service."""
        settings = up.store.settings.model_copy(update={"secret": SecretStr(_SECRET)})
        return cls(up, create_app(settings, up.store))

    def link(self, student: str | None = None) -> str:
        """Return a link to hand in."""
        with self.app.test_request_context():
            return links.hand_in(COURSE, ASSIGNMENT, student)

    def submission(self, path: str) -> SubmissionRecord | None:
        """Return the submission behind the path of its verdict."""
        with self.app.test_request_context():
            return self.up.store.submissions.get(links.read_verdict(path.removeprefix("/verdicts/")))

    def source(self) -> bytes:
        """Return a right file that nobody handed in before."""
        return numbered(self.sources, next(self.numbers)).encode()

    def ended(self, path: str, patience: float = PATIENCE) -> SubmissionRecord | None:
        """Wait for the end of a submission; None if it does not come."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = self.submission(path)
            if found is None or found.state.terminal:
                return found
            # The bench looks often, since what it measures is how long a verdict takes.
            time.sleep(0.05)
        return None


def measure(seconds: float, *, sleepers: bool = True, **settings: str) -> Report:
    """Measure on a service of its own: so many seconds beside two on personal links, half of it on a class link.

    `settings` are environment variables of the service, for a measurement that is too short to reach its limits.
    """
    with stack({"BACKMARK_SECRET": _SECRET, **settings}, parse_memory(DEFAULT_REDIS_MAXMEMORY)) as up, up.workers(2):
        house = Class.of(up)
        settling = min(_SETTLING, seconds / 5)
        quiet = _watched(house, house.link("third"), "third", max(3.0, seconds / 5), 0)
        hostile: Counter[int] = Counter()
        paths: list[str] = []
        with _attacked(house, [house.link(f"hostile-{number}") for number in range(2)], hostile, paths, sleepers):
            personal = _watched(house, house.link("third"), "third", seconds, settling)
        shared_link = house.link()
        with _attacked(house, [shared_link] * 2, hostile, paths, sleepers), ExitStack() as beside:
            classmate = Measured()
            watching = threading.Thread(
                target=lambda: _watch(house, shared_link, "classmate", seconds / 2, 0, classmate)
            )
            watching.start()
            beside.callback(watching.join)
            shared = _watched(house, house.link("third"), "third", seconds / 2, settling / 2)
        endless = sum(house.ended(path, 2 * PATIENCE) is None for path in paths)
        return Report(quiet, personal, shared, classmate, hostile, endless)


def _watched(house: Class, link: str, name: str, seconds: float, settling: float) -> Measured:
    found = Measured()
    _watch(house, link, name, seconds, settling, found)
    return found


def _watch(house: Class, link: str, name: str, seconds: float, settling: float, found: Measured) -> None:  # noqa: PLR0913 - a phase
    """Hand in right files one after the other; the times of those count that are handed in after `settling` seconds."""
    began = time.monotonic()
    with Visitor(house.up.url, link, name) as visitor:
        while (at := time.monotonic() - began) < seconds:
            path = visitor.hand_in(house.source())
            submission = None if path is None else house.ended(path)
            if path is not None and (submission is None or submission.outcome != "passed"):
                found.lost.append(path)
            elif submission is not None and submission.finished is not None and at >= settling:
                found.taken.append(submission.finished - submission.created)
            # Closed: the next comes a second after the one before, or when that has its verdict.
            time.sleep(max(0.0, _BETWEEN - (time.monotonic() - began - at)))
        found.statuses.update(visitor.statuses)


@contextmanager
def _attacked(
    house: Class,
    at: list[str],
    hostile: Counter[int],
    paths: list[str],
    sleepers: bool,  # noqa: FBT001 - one of a measurement's own
) -> Iterator[None]:
    """For as long as the block lasts, by a thread for each link and kind of attack."""
    stop = threading.Event()
    random = Random(1)  # noqa: S311 - it hides nothing
    large = b"# " + random.randbytes(_LARGE // 2).hex().encode() + b"\n"
    kinds: list[Callable[[Visitor, int], object]] = [
        lambda visitor, _: visitor.empty(),
        lambda visitor, number: visitor.hand_in(b"this is no Python %d" % number),
        # Incompressible but for half of it, and never the same.
        lambda visitor, number: visitor.hand_in(b"# %d\n" % number + large),
    ]
    if sleepers:
        kinds.append(lambda visitor, number: visitor.hand_in(f"# {number}\n{SLEEPER}".encode()))
    made = [Visitor(house.up.url, link, f"hostile-{number}") for number, link in enumerate(at) for _ in kinds]
    threads = [
        threading.Thread(target=_flood, args=(visitor, kinds[number % len(kinds)], stop))
        for number, visitor in enumerate(made)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread, visitor in zip(threads, made, strict=True):
            thread.join()
            hostile.update(visitor.statuses)
            paths.extend(visitor.accepted)
            visitor.__exit__()


def _flood(visitor: Visitor, attack: Callable[[Visitor, int], object], stop: threading.Event) -> None:
    number = 0
    while not stop.wait(1 / _FLOOD):
        attack(visitor, number)
        number += 1


def text(report: Report) -> str:
    """Return the table."""
    lines = []
    for name, one in report.phases().items():
        spread = str(Spread.of(one.taken)) if len(one.taken) > 1 else "too few to tell"
        statuses = ", ".join(f"{number} x {status}" for status, number in sorted(one.statuses.items()))
        lines.append(f"{name:30} {spread}; answers {statuses}")
    answers = ", ".join(f"{number} x {status}" for status, number in sorted(report.hostile.items()))
    lines.append(f"{'the two were answered':30} {answers}")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="bench.neighbours", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="of the attack on personal links; 300 by default")
    report = measure(min(3600.0, max(5.0, parser.parse_args().seconds)))
    print(text(report))
    violations = report.violations(timed=True)
    for violation in violations:
        print(f"VIOLATED {violation}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
