"""`make bench`: everything in one run, in turn; prints one table and keeps its figures as JSON."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median

from bench import service
from bench.graders import FLOOR, Contest, prepare_contest
from bench.publishing import measure_publications
from bench.report import save_figures
from bench.table import Row, Section, format_number, median_ratio, render_sections


@dataclass(frozen=True, slots=True)
class BenchSize:
    """Rounds of graders, files in one call, and the size of the service's measurement."""

    rounds: int
    batch: int
    service: service.ServiceSize


FULL = BenchSize(5, 400, service.ServiceSize(10, 150, 1000))
QUICK = BenchSize(1, 40, service.ServiceSize(4, 40, 200))


@dataclass(frozen=True, slots=True)
class ServiceRound:
    """A service's figures, and the floor's milliseconds and submissions a minute, averaged before and after it."""

    figures: service.ServiceFigures
    base: float
    floor: float


def main() -> None:
    """Measure, print the table, keep the figures."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some three minutes instead of some fifteen")
    size = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory() as name:
        sections, rounds = _measure(Path(name), size)
    print(render_sections(sections))
    print(f"\nfigures in {save_figures(sections, [asdict(service_round.figures) for service_round in rounds])}")


def _measure(folder: Path, size: BenchSize) -> tuple[list[Section], list[ServiceRound]]:
    _show_progress("laying down")
    contest = prepare_contest(folder, size.batch)
    for number in range(size.rounds):
        _show_progress(f"graders, round {number + 1} of {size.rounds}")
        contest.run_round()
    rounds = [_measure_service(size, contest, number + 1) for number in range(size.rounds)]
    _show_progress("publishing")
    sections = [
        Section("one submission, 200 cases", list(contest.rows())),
        Section("publishing a contract", list(measure_publications())),
        Section("the service, all of it on this machine", list(_service_rows(rounds))),
    ]
    return sections, rounds


def _show_progress(step: str) -> None:
    print(f"bench: {step}", file=sys.stderr)


def _measure_service(size: BenchSize, contest: Contest, number: int) -> ServiceRound:
    _show_progress(f"the service, round {number} of {size.rounds}")
    contest.run_floor()
    figures = service.measure(size.service)
    contest.run_floor()
    base, floor = (mean(values[-2:]) for values in (contest.times[FLOOR].rounds, contest.times[FLOOR].rates))
    return ServiceRound(figures, base, floor)


def _service_rows(rounds: list[ServiceRound]) -> Iterator[Row]:
    all_figures = [service_round.figures for service_round in rounds]
    bases, floors = [service_round.base for service_round in rounds], [service_round.floor for service_round in rounds]
    for name, spreads, goal in (
        ("HTTP, two a second: request to verdict", [figures.alone for figures in all_figures], "p50 <= 0.75"),
        ("the same while a regrade runs", [figures.beside_regrade for figures in all_figures], "p95 <= 2 x alone"),
        ("HTTP, half of what it can: request to verdict", [figures.to_verdict for figures in all_figures], ""),
    ):
        halves = [spread.p50 for spread in spreads if spread is not None]
        tails = [spread.p95 for spread in spreads if spread is not None]
        note = f"p95 {_format_spread(tails)} ms"
        yield Row(name, halves, median_ratio(halves, bases), goal=goal, note=note)
    for name, rates, goal in (
        ("HTTP, a burst of right and distinct ones, two processes", [row.graded_right for row in all_figures], ""),
        ("HTTP, a burst, every second wrong, two processes", [row.graded_mixed for row in all_figures], ""),
        ("regrade of right ones, one worker process", [row.regrade_one for row in all_figures], ""),
        ("regrade of right ones, two worker processes", [row.regrade_two for row in all_figures], "rate >= 4"),
    ):
        minutes = [60 * rate for rate in rates]
        gains = [rate / floor for rate, floor in zip(minutes, floors, strict=True)]
        yield Row(name, [], None, median(minutes), median(gains), goal, f"rate / floor {_format_spread(gains)}")
    ratios = [figures.regrade_two / figures.regrade_one for figures in all_figures]
    yield Row("two processes over one", [], None, None, median(ratios), ">= 1.85", _format_spread(ratios))


def _format_spread(values: list[float]) -> str:
    """Return the median, and in brackets the least and the largest if there are several."""
    if len(values) == 1:
        return format_number(values[0])
    return f"{format_number(median(values))} ({format_number(min(values))} - {format_number(max(values))})"


if __name__ == "__main__":
    main()
