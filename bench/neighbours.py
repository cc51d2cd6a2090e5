"""`python -m bench.neighbours`: one student never costs another, shown on a whole service with its default limits.

Two hostile students flood (empty requests, wrong files, large files), sleep and fill while a third hands in right
files: first on personal links, then on a class link. Everybody comes from one address. Exit status 1 if the third
student is refused, waits more than three times as long as on a quiet service, or if what was accepted is lost.
"""

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from backmark.grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from bench.classroom import SECRET, Classroom, Visitor
from bench.percentiles import Spread
from bench.stack import REFUSALS, run_stack
from bench.waiting import PATIENCE

#: The factor by which the third student's p95 may exceed that of a quiet service.
_FACTOR = 3.0
#: Seconds between two files of the third student, and requests a second of each flood: far above what limits allow.
_INTERVAL, _FLOOD_RATE = 1.0, 25.0
#: Seconds of the attack before the third student's times count.
_SETTLING = 60.0
_LARGE = 8_000_000

SLEEPER = """import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    time.sleep(1000)
"""


@dataclass(slots=True)
class StudentFigures:
    """The answers, times and losses of a student who does nothing wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    #: Seconds from accepted to the verdict, of the submissions that count.
    seconds: list[float] = field(default_factory=list)
    #: Accepted submissions that did not end as passed.
    lost: list[str] = field(default_factory=list)

    @property
    def refusals(self) -> int:
        """The number of answers that mean too much, no room or not now."""
        return sum(number for status, number in self.statuses.items() if status in {429, *REFUSALS})


@dataclass(slots=True)
class Attackers:
    """The hostile students: what they were answered, and the paths of the verdicts of what was accepted."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)


@dataclass(slots=True)
class NeighboursReport:
    """The figures of the three phases, and the answers to the hostile students."""

    quiet: StudentFigures
    personal: StudentFigures
    shared: StudentFigures
    classmate: StudentFigures
    hostile: Counter[int]
    #: Accepted submissions of anybody that came to no end.
    endless: int

    def violations(self, *, timed: bool) -> list[str]:
        """Return a sentence for each broken promise; with `timed` the times count too."""
        violations = []
        for name, student in self.phases().items():
            # On a class link anybody may use up the share of all: who is on it may be refused, and loses nothing.
            if student.refusals and student is not self.classmate:
                violations.append(f"{name}: {student.refusals} requests were refused")
            if student.lost:
                violations.append(f"{name}: {len(student.lost)} accepted submissions did not pass")
        if self.endless:
            violations.append(f"{self.endless} accepted submissions came to no end")
        return [*violations, *self._slow_phases()] if timed else violations

    def _slow_phases(self) -> Iterator[str]:
        most = _FACTOR * Spread.of(self.quiet.seconds).p95
        for name, student in (("personal links", self.personal), ("class link", self.shared)):
            if len(student.seconds) < 2:
                yield f"{name}: too few verdicts to tell"
            elif (p95 := Spread.of(student.seconds).p95) > most:
                yield f"{name}: p95 is {p95:.0f} ms, and may be {most:.0f} ms"

    def phases(self) -> dict[str, StudentFigures]:
        """Return the figures by the names of the phases."""
        return {
            "quiet": self.quiet,
            "beside two on personal links": self.personal,
            "beside two on a class link": self.shared,
            "  and who is on it with them": self.classmate,
        }


def measure(seconds: float, *, sleepers: bool = True, **settings: str) -> NeighboursReport:
    """Measure on a service of its own: so many seconds beside two on personal links, half of it on a class link.

    `settings` are environment variables of the service, for a measurement that is too short to reach its limits.
    """
    variables = {"BACKMARK_SECRET": SECRET, **settings}
    with run_stack(variables, parse_memory(DEFAULT_REDIS_MAXMEMORY)) as stack, stack.workers(2):
        classroom = Classroom.of(stack)
        settling = min(_SETTLING, seconds / 5)
        attackers = Attackers()

        def watch_third(duration: float, settling_seconds: float) -> StudentFigures:
            return _watch(classroom, classroom.make_link("third"), "third", duration, settling_seconds)

        quiet = watch_third(max(3.0, seconds / 5), 0)
        personal_links = [classroom.make_link(f"hostile-{number}") for number in range(2)]
        with _attack(classroom, personal_links, attackers, sleepers=sleepers):
            personal = watch_third(seconds, settling)
        class_link = classroom.make_link()
        with _attack(classroom, [class_link] * 2, attackers, sleepers=sleepers), ThreadPoolExecutor(1) as beside:
            classmate = beside.submit(_watch, classroom, class_link, "classmate", seconds / 2, 0)
            shared = watch_third(seconds / 2, settling / 2)
        endless = sum(classroom.wait_for_end(path, 2 * PATIENCE) is None for path in attackers.accepted)
        return NeighboursReport(quiet, personal, shared, classmate.result(), attackers.statuses, endless)


def _watch(classroom: Classroom, link: str, name: str, seconds: float, settling: float) -> StudentFigures:
    """Hand in right files one after the other; the times of the first `settling` seconds do not count."""
    figures = StudentFigures()
    start = time.monotonic()
    with Visitor(classroom.stack.url, link, name) as visitor:
        while (moment := time.monotonic() - start) < seconds:
            path = visitor.hand_in(classroom.make_source())
            submission = None if path is None else classroom.wait_for_end(path)
            if path is not None and (submission is None or submission.outcome != "passed"):
                figures.lost.append(path)
            elif submission is not None and submission.finished is not None and moment >= settling:
                figures.seconds.append(submission.finished - submission.created)
            # The next comes a second after the one before, or when that has its verdict.
            time.sleep(max(0.0, _INTERVAL - (time.monotonic() - start - moment)))
        figures.statuses.update(visitor.statuses)
    return figures


@contextmanager
def _attack(classroom: Classroom, hostile_links: list[str], attackers: Attackers, *, sleepers: bool) -> Iterator[None]:
    """Attack for as long as the block lasts, by a thread for each link and kind of attack."""
    stop = threading.Event()
    attacks = _list_attacks(sleepers=sleepers)
    floods = [
        (Visitor(classroom.stack.url, link, f"hostile-{number}"), attack)
        for number, link in enumerate(hostile_links)
        for attack in attacks
    ]
    threads = [threading.Thread(target=_flood, args=(visitor, attack, stop)) for visitor, attack in floods]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread, (visitor, _) in zip(threads, floods, strict=True):
            thread.join()
            attackers.statuses.update(visitor.statuses)
            attackers.accepted.extend(visitor.accepted)
            visitor.close()


#: A request of a flood, by its number.
Attack = Callable[[Visitor, int], object]


def _list_attacks(*, sleepers: bool) -> list[Attack]:
    random = Random(1)  # noqa: S311 - it hides nothing
    large = b"# " + random.randbytes(_LARGE // 2).hex().encode() + b"\n"
    attacks: list[Attack] = [
        lambda visitor, _: visitor.send_empty_request(),
        lambda visitor, number: visitor.hand_in(b"this is no Python %d" % number),
        # Incompressible but for half of it, and never the same.
        lambda visitor, number: visitor.hand_in(b"# %d\n" % number + large),
    ]
    if sleepers:
        attacks.append(lambda visitor, number: visitor.hand_in(f"# {number}\n{SLEEPER}".encode()))
    return attacks


def _flood(visitor: Visitor, attack: Attack, stop: threading.Event) -> None:
    number = 0
    while not stop.wait(1 / _FLOOD_RATE):
        attack(visitor, number)
        number += 1


def render(report: NeighboursReport) -> str:
    """Return the table."""
    lines = []
    for name, student in report.phases().items():
        spread = str(Spread.of(student.seconds)) if len(student.seconds) > 1 else "too few to tell"
        lines.append(f"{name:30} {spread}; answers {_render_statuses(student.statuses)}")
    lines.append(f"{'the two were answered':30} {_render_statuses(report.hostile)}")
    return "\n".join(lines)


def _render_statuses(statuses: Mapping[int, int]) -> str:
    return ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="bench.neighbours", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="of the attack on personal links; 300 by default")
    report = measure(min(3600.0, max(5.0, parser.parse_args().seconds)))
    print(render(report))
    violations = report.violations(timed=True)
    for violation in violations:
        print(f"VIOLATED {violation}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
