"""`make bench`: everything in one run, one after the other in turn; prints one table and keeps its figures as JSON."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median

from bench import service
from bench.contracts import compare
from bench.graders import FLOOR, Contest, contest
from bench.gradients import LOOP, OURS, gradients
from bench.report import kept
from bench.table import Row, Section, compared, number, text


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds of graders and of gradient checks, files in one call, and what the service is put through."""

    rounds: int
    checks: int
    many: int
    service: service.Size


FULL, QUICK = Size(5, 5, 400, service.Size(10, 150, 1000)), Size(1, 2, 40, service.Size(4, 40, 200))


@dataclass(frozen=True, slots=True)
class ServiceRound:
    """What a service did, and milliseconds and submissions a minute of the floor, just before it and just after."""

    figures: service.Figures
    base: float
    floor: float


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some three minutes instead of some fifteen")
    size = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory() as name:
        say("laying down")
        measured = contest(Path(name), size.many)
        for turn in range(size.rounds):
            say(f"graders, round {turn + 1} of {size.rounds}")
            measured.round()
        say("contracts")
        languages = compare(Path(name), size.many)
        for _ in range(size.rounds):
            languages.round()
        served = [_serve(size, measured, turn + 1) for turn in range(size.rounds)]
        say("gradient checks")
        sections = [
            Section("one submission, 200 networks", list(measured.rows())),
            Section("contracts and layered networks, 100 cases", list(languages.rows())),
            Section("the service, all of it on this machine", list(_service(served))),
            *(_checks(Path(name), size.checks)),
        ]
    print(text(sections))
    print(f"\nfigures in {kept(sections, [asdict(each.figures) for each in served])}")


def say(what: str) -> None:
    """To whoever waits."""
    print(f"bench: {what}", file=sys.stderr)


def _serve(size: Size, measured: Contest, turn: int) -> ServiceRound:
    say(f"the service, round {turn} of {size.rounds}")
    measured.floor()
    figures = service.measure(size.service)
    measured.floor()
    base, floor = (mean(values[-2:]) for values in (measured.times[FLOOR].rounds, measured.times[FLOOR].rates))
    return ServiceRound(figures, base, floor)


def _service(served: list[ServiceRound]) -> Iterator[Row]:
    bases, floors = [one.base for one in served], [one.floor for one in served]
    for name, spreads, goal in (
        ("HTTP, two a second: request to verdict", [one.figures.alone for one in served], "p50 <= 0.75"),
        ("the same while a regrade runs", [one.figures.beside_regrade for one in served], "p95 <= 2 x alone"),
        ("HTTP, half of what it can: request to verdict", [one.figures.to_verdict for one in served], ""),
    ):
        halves = [spread.p50 for spread in spreads if spread is not None]
        tails = [spread.p95 for spread in spreads if spread is not None]
        note = f"p95 {spread_of(tails)} ms"
        yield Row(name, halves, compared(halves, bases), goal=goal, note=note)
    for name, rates, goal in (
        ("HTTP, a burst of right and distinct ones, two processes", [one.figures.graded_right for one in served], ""),
        ("HTTP, a burst, every second wrong, two processes", [one.figures.graded_mixed for one in served], ""),
        ("regrade of right ones, one worker process", [one.figures.regrade_one for one in served], ""),
        ("regrade of right ones, two worker processes", [one.figures.regrade_two for one in served], "rate >= 4"),
    ):
        minutes = [60 * rate for rate in rates]
        gains = [rate / floor for rate, floor in zip(minutes, floors, strict=True)]
        yield Row(name, [], None, median(minutes), median(gains), goal, f"rate / floor {spread_of(gains)}")
    ratios = [one.figures.regrade_two / one.figures.regrade_one for one in served]
    yield Row("two processes over one", [], None, None, median(ratios), ">= 1.85", spread_of(ratios))


def spread_of(values: list[float]) -> str:
    """The median, and in brackets the least and the largest where there are several."""
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))} - {number(max(values))})"


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
