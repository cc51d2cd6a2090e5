"""`python -m bench.deadline`: the last minutes before a deadline, without and beside visitors who do their worst.

A class hands in right and wrong files, half of it by personal links and half by the class link, on a whole service with
its default limits. Then it does so again, while hostile visitors of the class link hand in files that take as long as
they may, under ever new names. Everything is on 127.0.0.1. Exit status 1 if an honest student is refused or gets no
verdict, or if their p95 from accepted to verdict is more than twice what it is without the hostile ones.
"""

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from backmark.grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from bench.classroom import SECRET, Classroom, Visitor
from bench.percentiles import Spread
from bench.stack import run_stack
from bench.submissions import insert_statements, make_variant, mixed_sources
from bench.waiting import PATIENCE

#: The factor by which the honest students' p95 may exceed that of the class alone.
_FACTOR = 2.0
#: Students who hand in at the same time.
_HANDS = 32
#: Files a second of each hostile visitor: as many as the limits allow.
_HOSTILE_RATE = 1.0
#: Seconds of the attack before the class begins.
_SETTLING = 10.0
#: Files that take all of an assignment's seconds: each call is in time, asleep or computing, or never ends.
_WORST = (
    "    import time\n    time.sleep(0.5)\n",
    "    import time\n    end = time.thread_time() + 0.5\n    while time.thread_time() < end: pass\n",
    "    while True: pass\n",
)


@dataclass(frozen=True, slots=True)
class DeadlineSize:
    """The number of students and of hostile visitors, the seconds of the rush, and the worker's processes."""

    students: int = 300
    hostile: int = 10
    seconds: float = 300.0
    processes: int = 2


@dataclass(slots=True)
class RushFigures:
    """What honest students met in one rush."""

    #: Seconds from accepted to the verdict, by the kind of link.
    personal: list[float] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    #: Accepted submissions that came to no verdict.
    lost: int = 0
    #: The answers to hostile visitors.
    hostile: Counter[int] = field(default_factory=Counter)

    @property
    def seconds(self) -> list[float]:
        """The times of all."""
        return [*self.personal, *self.shared]


@dataclass(frozen=True, slots=True)
class DeadlineReport:
    """The class alone, and the same class beside the hostile visitors."""

    alone: RushFigures
    beside: RushFigures

    def violations(self, *, timed: bool) -> list[str]:
        """Return a sentence for each broken promise; with `timed` the times count too."""
        violations = []
        for name, figures in (("alone", self.alone), ("beside", self.beside)):
            if refused := sum(number for status, number in figures.statuses.items() if status != 303):
                violations.append(f"{name}: {refused} honest files were refused")
            if figures.lost:
                violations.append(f"{name}: {figures.lost} honest files got no verdict")
        most, p95 = _FACTOR * Spread.of(self.alone.seconds).p95, Spread.of(self.beside.seconds).p95
        if timed and p95 > most:
            violations.append(f"p95 beside them is {p95:.0f} ms, and may be {most:.0f} ms")
        return violations


def measure(size: DeadlineSize) -> DeadlineReport:
    """Measure one rush alone and one beside hostile visitors, each on a service of its own."""
    return DeadlineReport(_rush(size, 0), _rush(size, size.hostile))


def _rush(size: DeadlineSize, hostile: int) -> RushFigures:
    figures = RushFigures()
    with (
        run_stack({"BACKMARK_SECRET": SECRET}, parse_memory(DEFAULT_REDIS_MAXMEMORY)) as stack,
        stack.workers(size.processes),
    ):
        classroom = Classroom(stack, Classroom.of(stack).app, _sources=mixed_sources())
        # What a start takes is nobody's wait.
        for _ in range(4 * size.processes):
            _, path = _hand_in(classroom, classroom.make_link("warm"), "warm")
            classroom.wait_for_end(path or "")
        with _attack(classroom, hostile, figures):
            time.sleep(min(_SETTLING, size.seconds / 5) if hostile else 0)
            _run_class(classroom, size, figures)
    return figures


def _run_class(classroom: Classroom, size: DeadlineSize, figures: RushFigures) -> None:
    """Let every student hand in once, at a time of their own; the later, the more of them."""
    random = Random(1)  # noqa: S311 - it hides nothing
    moments = sorted(size.seconds * random.random() ** 0.5 for _ in range(size.students))
    shared, start = classroom.make_link(), time.monotonic()
    with ThreadPoolExecutor(_HANDS) as hands:
        results = []
        for number, moment in enumerate(moments):
            time.sleep(max(0.0, start + moment - time.monotonic()))
            name = f"student-{number}"
            link = shared if _is_shared(number) else classroom.make_link(name)
            results.append(hands.submit(_hand_in, classroom, link, name))
        paths = [result.result() for result in results]
    figures.statuses.update(status for status, _ in paths)
    for number, (_, path) in enumerate(paths):
        # Redis knows when each came to its end, so nobody need look meanwhile.
        submission = None if path is None else classroom.wait_for_end(path, 2 * PATIENCE)
        if submission is not None and submission.outcome is not None and submission.finished is not None:
            (figures.shared if _is_shared(number) else figures.personal).append(
                submission.finished - submission.created
            )
        elif path is not None:
            figures.lost += 1


def _is_shared(number: int) -> bool:
    """Return True if a student hands in by the class link: every second pair, since every second file is wrong."""
    return number // 2 % 2 == 1


def _hand_in(classroom: Classroom, link: str, name: str) -> tuple[int, str | None]:
    """Hand in a file, and return the answer's status and the path of its verdict."""
    with Visitor(classroom.stack.url, link, name) as visitor:
        path = visitor.hand_in(classroom.make_source())
        (status,) = visitor.statuses
    return status, path


@contextmanager
def _attack(classroom: Classroom, visitors: int, figures: RushFigures) -> Iterator[None]:
    """Let so many visitors of the class link hand in their worst files for as long as the block lasts."""
    stop, link = threading.Event(), classroom.make_link()

    def flood(number: int) -> Counter[int]:
        with Visitor(classroom.stack.url, link, f"hostile-{number}") as visitor:
            while not stop.wait(1 / _HOSTILE_RATE):
                count = sum(visitor.statuses.values())
                worst = insert_statements(mixed_sources()[0], _WORST[count % len(_WORST)])
                visitor.hand_in(make_variant(worst, 1000 * number + count).encode(), student=f"name-{number}-{count}")
            return visitor.statuses

    with ThreadPoolExecutor(max(1, visitors)) as hands:
        floods = [hands.submit(flood, number) for number in range(visitors)]
        try:
            yield
        finally:
            stop.set()
            for each in floods:
                figures.hostile.update(each.result())


def render(report: DeadlineReport) -> str:
    """Return the table."""
    lines = []
    for name, figures in (("the class alone", report.alone), ("beside hostile visitors", report.beside)):
        lines.append(f"{name:24} {Spread.of(figures.seconds)}")
        lines.append(f"{'  by personal links':24} {Spread.of(figures.personal)}")
        lines.append(f"{'  by the class link':24} {Spread.of(figures.shared)}")
    answers = ", ".join(f"{number} x {status}" for status, number in sorted(report.beside.hostile.items()))
    return "\n".join([*lines, f"{'they were answered':24} {answers}"])


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="bench.deadline", description=__doc__)
    parser.add_argument("--students", type=int, default=300, help="each hands in once; 300 by default, 3,000 at most")
    parser.add_argument(
        "--hostile", type=int, default=10, help="visitors who do their worst; 10 by default, 50 at most"
    )
    parser.add_argument("--seconds", type=float, default=300, help="of the rush; 300 by default, 3,600 at most")
    parser.add_argument("--processes", type=int, default=2, help="of the worker; 2 by default")
    options = parser.parse_args()
    size = DeadlineSize(
        min(3000, max(8, options.students)),
        min(50, max(1, options.hostile)),
        min(3600.0, max(2.0, options.seconds)),
        min(64, max(1, options.processes)),
    )
    report = measure(size)
    print(render(report))
    violations = report.violations(timed=True)
    for violation in violations:
        print(f"VIOLATED {violation}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
