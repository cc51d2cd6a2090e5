"""`make bench`: everything in one run, one after the other in turn; prints one table and keeps its figures as JSON."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from bench import service
from bench.contracts import compare
from bench.graders import FLOOR, Contest, contest
from bench.gradients import LOOP, OURS, gradients
from bench.report import kept
from bench.table import Row, Section, compared, text


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds of graders and of gradient checks, files in one call, and what the service is put through."""

    rounds: int
    checks: int
    many: int
    service: service.Size


FULL, QUICK = Size(5, 5, 400, service.Size(20, 300, 2000)), Size(1, 2, 40, service.Size(4, 40, 200))


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some three minutes instead of some nine")
    size = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory() as name:
        say("laying down")
        measured = contest(Path(name), size.many)
        for number in range(size.rounds):
            say(f"graders, round {number + 1} of {size.rounds}")
            measured.round()
        say("contracts")
        languages = compare(Path(name), size.many)
        for _ in range(size.rounds):
            languages.round()
        say("the service")
        measured.floor()
        found = service.measure(size.service)
        measured.floor()
        say("gradient checks")
        sections = [
            Section("one submission, 200 networks", list(measured.rows())),
            Section("contracts and layered networks, 100 cases", list(languages.rows())),
            Section("the service, all of it on this machine", list(_service(found, measured))),
            *(_checks(Path(name), size.checks)),
        ]
    print(text(sections))
    print(f"\nfigures in {kept(sections, asdict(found))}")


def say(what: str) -> None:
    """To whoever waits."""
    print(f"bench: {what}", file=sys.stderr)


def _service(found: service.Figures, measured: Contest) -> Iterator[Row]:
    # Just before and just after.
    base, rate = (mean(each[-2:]) for each in (measured.times[FLOOR].rounds, measured.times[FLOOR].rates))
    for name, spread, goal in (
        ("HTTP, two a second: request to verdict", found.alone, "p50 <= 0.75"),
        ("the same while a regrade runs", found.beside_regrade, "p95 <= 2 x alone"),
        (f"HTTP, {found.offered:.1f} a second: request to verdict", found.to_verdict, ""),
    ):
        if spread is not None:
            yield Row(name, [spread.p50], spread.p50 / base, goal=goal, note=f"p95 {spread.p95:.0f} ms of {spread.n}")
    for name, graded, goal in (
        ("HTTP, a burst of right and distinct ones, two processes", found.graded_right, ""),
        ("HTTP, a burst, every second wrong, two processes", found.graded_mixed, ""),
        ("regrade of right ones, one worker process", found.regrade_one, ""),
        ("regrade of right ones, two worker processes", found.regrade_two, "rate >= 4"),
    ):
        yield Row(name, [], None, 60 * graded, 60 * graded / rate, goal)


def _checks(folder: Path, rounds: int) -> Iterator[Section]:
    for measured in gradients(folder, rounds):
        loop = next(each.milliseconds for each in measured.found if each.name == LOOP)
        title = f"gradient check of a network: {measured.name} ({measured.parameters:.0f} parameters)"
        rows = []
        for each in measured.found:
            entry = "directions only" if each.entry is None else f"largest {each.entry:.0e}"
            note = f"error {entry}, one direction {each.direction:.0e}, refuses {each.refused} of {measured.networks}"
            rows.append(
                Row(
                    each.name,
                    each.milliseconds,
                    compared(each.milliseconds, loop),
                    goal="<= 0.05" * (each.name == OURS),
                    note=note,
                )
            )
        yield Section(title, rows)


if __name__ == "__main__":
    main()
