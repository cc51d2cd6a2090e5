"""`python -m bench.profile`: where a warm verdict's time goes, part by part, in milliseconds of the wall's clock.

One submission at a time, with nobody else on the machine: else each waits for whoever computes.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from statistics import median
from typing import Any

from backmark.grader.contracts.judging.examples import Examples
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.contracts.naming.diagnoser import ContractDiagnoser
from backmark.grader.contracts.values.repairing import ValueRepairer
from backmark.worker.grading.candidate import Jailed
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.forked import Forked
from backmark.worker.sandbox.policy import plan_jailed
from backmark.worker.sandbox.session import Session
from bench.submissions import extract_function, make_variant

#: The parts that are timed, in the order of the table; a part's time is without that of the parts inside it.
PARTS: dict[str, tuple[type, str]] = {
    "a jail is taken, held and let go on": (Jails, "take"),
    "the file is read in it": (Session, "extract"),
    "cases go in, answers come out": (Session, "answer"),
    "answers become arrays": (Jailed, "answer"),
    "counterexamples are found and confirmed": (Examples, "smallest_by_row"),
    "the mistake is named": (ContractDiagnoser, "diagnose"),
    "the lines to change are found": (ValueRepairer, "repair"),
    "compared, marked, concluded": (Judge, "judge"),
    "the jail is ended": (Session, "close"),
    "all else": (Grader, "grade"),
}
#: The processor time of the jails' processes, beside the parts.
IN_JAIL = "of a processor in the jails"
#: Gradings that warm everything up, and do not count.
WARM_UP = 5


@dataclass(slots=True)
class Stopwatch:
    """Seconds by part, of the submission that is graded now; time in an inner part is not the outer one's."""

    seconds: dict[str, float] = field(default_factory=dict)
    _inner: list[float] = field(default_factory=list)

    def add(self, part: str, seconds: float) -> None:
        """Add to the seconds of a part."""
        self.seconds[part] = self.seconds.get(part, 0.0) + seconds

    def wrap(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same call, with the watch running."""

        @wraps(call)
        def run(*args: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            start = time.perf_counter()
            try:
                return call(*args, **options)
            finally:
                duration = time.perf_counter() - start
                self.add(part, duration - self._inner.pop())
                if self._inner:
                    self._inner[-1] += duration

        return run


def main() -> None:
    """Grade a right and a wrong one many times; print a table for each."""
    parser = argparse.ArgumentParser(prog="bench.profile", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten times each")
    count = 10 if parser.parse_args().quick else 60
    watch = Stopwatch()
    with _watch_parts(watch), closing(Jails(plan_jailed())) as jails:
        grader = Grader(Judge(load_packaged("udl-7.2")), jails)
        for name in ("right.ipynb", "no_relu_derivative.ipynb"):
            _print_table(name, list(_time_gradings(grader, watch, extract_function(name), count)))


def _time_gradings(grader: Grader, watch: Stopwatch, source: str, count: int) -> Iterator[dict[str, float]]:
    """Yield the seconds by part of each grading."""
    for number in range(-WARM_UP, count):
        watch.seconds.clear()
        grader.jails.prepare()
        grader.grade(make_variant(source, number).encode(), "submission.py")
        if number >= 0:
            yield dict(watch.seconds)


@contextmanager
def _watch_parts(watch: Stopwatch) -> Iterator[None]:
    """Put the watch around each part, and read each jail's own clock before it is ended."""
    originals = [(kind, name, getattr(kind, name)) for kind, name in (*PARTS.values(), (Forked, "close"))]
    for part, (kind, name) in PARTS.items():
        setattr(kind, name, watch.wrap(part, getattr(kind, name)))
    close = Forked.close

    def read_and_close(process: Forked) -> None:
        if process.pid is not None:
            # A process that has ended has no clock any more.
            with suppress(OSError):
                # The clock of another process: clock_getcpuclockid(3).
                watch.add(IN_JAIL, time.clock_gettime((~process.pid << 3) | 2))
        close(process)

    setattr(Forked, "close", read_and_close)  # noqa: B010 - as the others are
    try:
        yield
    finally:
        for kind, name, call in originals:
            setattr(kind, name, call)


def _print_table(name: str, gradings: Sequence[Mapping[str, float]]) -> None:
    totals = [sum(seconds for part, seconds in grading.items() if part in PARTS) for grading in gradings]
    print(f"\n{name}, {len(gradings)} times: median {1e3 * median(totals):.1f} ms")
    for part in (*PARTS, IN_JAIL):
        times = [grading.get(part, 0.0) for grading in gradings]
        if any(times):
            print(f"  {1e3 * median(times):6.1f}  {part}")


if __name__ == "__main__":
    main()
