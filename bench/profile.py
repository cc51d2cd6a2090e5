"""`python -m bench.profile`: where a warm verdict's time goes, part by part, in milliseconds of the wall's clock.

One submission at a time, with nobody else on the machine: else each waits for whoever computes.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from statistics import median
from typing import Any

from bench.submissions import function_of
from grader.judge.examples import Examples
from grader.judge.judge import Judge
from grader.subjects.networks.diagnosis.diagnoser import Diagnoser
from tests.networks import load_packaged
from worker.grading.candidate import Jailed
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.sandbox.forked import Forked
from worker.sandbox.policy import plan_jailed
from worker.sandbox.session import Session

#: What is timed, in the order in which it is told; of nested ones each has what the inner ones leave.
PARTS: dict[str, tuple[type, str]] = {
    "a jail is taken, held and let go on": (Jails, "take"),
    "the file is read in it": (Session, "extract"),
    "networks go in, answers come out": (Session, "answer"),
    "answers become arrays": (Jailed, "answer"),
    "counterexamples are found and confirmed": (Examples, "smallest_by_row"),
    "the mistake is named": (Diagnoser, "diagnose"),
    "compared, marked, concluded": (Judge, "judge"),
    "the jail is ended": (Session, "close"),
    "all else": (Grader, "grade"),
}
#: Beside them: what the jails' processes used of a processor.
IN_JAIL = "of a processor in the jails"


@dataclass(slots=True)
class Watch:
    """Seconds by part, of the submission that is graded now; time in an inner part is not the outer one's."""

    spent: dict[str, float] = field(default_factory=dict)
    _inner: list[float] = field(default_factory=list)

    def timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with the watch running."""

        @wraps(call)
        def run(*args: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            started = time.perf_counter()
            try:
                return call(*args, **options)
            finally:
                took = time.perf_counter() - started
                self.spent[part] = self.spent.get(part, 0.0) + took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return run


def main() -> None:
    """Grade a right and a wrong one many times; print a table for each."""
    parser = argparse.ArgumentParser(prog="bench.profile", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten times each")
    count = 10 if parser.parse_args().quick else 60
    watch = Watch()
    with _watched(watch), closing(Jails(plan_jailed())) as jails:
        grader = Grader(Judge(load_packaged("udl-7.2")), jails)
        for name in ("right.ipynb", "no_relu_derivative.ipynb"):
            _print(name, list(_gradings(grader, watch, function_of(name), count)))


def _gradings(grader: Grader, watch: Watch, source: str, count: int) -> Iterator[dict[str, float]]:
    """For each grading the seconds by part."""
    for number in range(-5, count):
        watch.spent.clear()
        grader.jails.prepare()
        grader.grade(source.replace("y):\n", f"y):\n    submission = {number}\n").encode(), "submission.py")
        if number >= 0:
            yield dict(watch.spent)


@contextmanager
def _watched(watch: Watch) -> Iterator[None]:
    """Put the watch around each part, and look at each jail's own clock before it is ended."""
    before = [(kind, name, getattr(kind, name)) for kind, name in (*PARTS.values(), (Forked, "close"))]
    for part, (kind, name) in PARTS.items():
        setattr(kind, name, watch.timed(part, getattr(kind, name)))
    end = Forked.close

    def read(process: Forked) -> None:
        if process.pid is not None:
            # Of a process that has ended there is none any more.
            with suppress(OSError):
                # The clock of another process: clock_getcpuclockid(3).
                used = time.clock_gettime((~process.pid << 3) | 2)
                watch.spent[IN_JAIL] = watch.spent.get(IN_JAIL, 0.0) + used
        end(process)

    setattr(Forked, "close", read)  # noqa: B010 - as the others are
    try:
        yield
    finally:
        for kind, name, call in before:
            setattr(kind, name, call)


def _print(name: str, gradings: list[dict[str, float]]) -> None:
    total = [sum(spent for part, spent in each.items() if part in PARTS) for each in gradings]
    print(f"\n{name}, {len(gradings)} times: median {1e3 * median(total):.1f} ms")
    for part in (*PARTS, IN_JAIL):
        spent = [each.get(part, 0.0) for each in gradings]
        if any(spent):
            print(f"  {1e3 * median(spent):6.1f}  {part}")


if __name__ == "__main__":
    main()
