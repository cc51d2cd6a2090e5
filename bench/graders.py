"""One submission by each grader, all in turn, so that a noisy minute falls on all."""

import compileall
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from backmark.grader.contracts.judging.revision import load_packaged
from bench.floor import prepare_floor
from bench.grading import grade, grade_command, seconds_per_file
from bench.networks import GradientProblem, write_problems
from bench.peers.notebooks import NOTEBOOKS
from bench.peers.peer import ROOT
from bench.peers.scripts import SCRIPTS
from bench.run import Command, run_command, run_side_by_side
from bench.submissions import EXAMPLES, RIGHT, WRONG, extract_function, mixed_sources, right_sources, write_variants
from bench.table import Row, median_ratio

PEERS = (*SCRIPTS, *NOTEBOOKS)
FLOOR = "bare floor: interpreter, NumPy, the 200 calls"
REVISION = load_packaged("udl-7.2")

#: Runs of a short command at a time: with fewer, starting and waiting show.
SHORT_RUNS = 5


@dataclass(slots=True)
class GraderTimes:
    """The times of one grader: milliseconds of one run at a time, submissions a minute of two at a time."""

    goal: str = ""
    alone: list[float] = field(default_factory=list)
    #: The median of the times of each round, and the rate of each.
    rounds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def add_round(self, seconds: list[float], rate: float) -> None:
        """Record the times and the rate of a round."""
        milliseconds = [1e3 * duration for duration in seconds]
        self.alone += milliseconds
        self.rounds.append(median(milliseconds))
        self.rates.append(rate)


#: The measurement of one round.
Turn = Callable[[GraderTimes], None]


@dataclass(frozen=True, slots=True)
class Contest:
    """All graders of this machine, ready to be run in turn."""

    turns: dict[str, Turn]
    times: dict[str, GraderTimes]

    def run_round(self) -> None:
        """Run every grader once."""
        for name, turn in self.turns.items():
            turn(self.times[name])

    def run_floor(self) -> None:
        """Run the floor once more, beside another measurement."""
        self.turns[FLOOR](self.times[FLOOR])

    def rows(self) -> Iterator[Row]:
        """Yield a row for each grader."""
        base = self.times[FLOOR]
        for name, times in self.times.items():
            ratio, gain = median_ratio(times.rounds, base.rounds), median_ratio(times.rates, base.rates)
            yield Row(name, times.alone, ratio, median(times.rates), gain, times.goal)


def prepare_contest(folder: Path, batch: int) -> Contest:
    """Write all files; each peer first shows that it can tell right from wrong."""
    # The floor's modules are compiled, so ours are too, also where the environment forbids to write bytecode.
    for package in ("grader", "worker", "bench"):
        compileall.compile_dir(ROOT / package, quiet=2)
    floors = [prepare_floor(folder / f"floor{lane}", REVISION, extract_function(RIGHT)) for lane in (0, 1)]
    turns = {FLOOR: _time_lanes(floors, SHORT_RUNS)}
    turns |= _prepare_peers(folder)
    turns |= {
        f"backmark grade {RIGHT}, cold": _time_lanes([grade_command([str(EXAMPLES / RIGHT)])] * 2, 1),
        f"backmark grade {WRONG[0]}, cold": _time_lanes([grade_command([str(EXAMPLES / WRONG[0])])] * 2, 1),
        f"backmark grade, {batch} right and distinct": _time_batch(folder / "right", right_sources(), batch, [True]),
        f"backmark grade, {batch}, every second wrong": _time_batch(
            folder / "mix", mixed_sources(), batch, [True, False]
        ),
    }
    goals = ("time <= 4", "", "rate >= 4", "rate >= 2")
    times = {name: GraderTimes() for name in turns}
    for name, goal in zip(list(turns)[-len(goals) :], goals, strict=True):
        times[name].goal = goal
    return Contest(turns, times)


def _prepare_peers(folder: Path) -> dict[str, Turn]:
    problems = folder / "networks"
    write_problems(problems, _pose_problems())
    right, wrong = extract_function(RIGHT), extract_function(WRONG[0])
    turns = {}
    for peer in PEERS:
        if not peer.is_installed:
            print(f"{peer.name} is not installed: `make bench-peers`")
            continue
        place = folder / peer.name.replace(" ", "-")
        first = peer.prove_command(place / "right", problems, right, right=True)
        peer.prove_command(place / "wrong", problems, wrong, right=False)
        turns[peer.name] = _time_lanes([first, peer.prepare_command(place / "beside", problems, right)], 1)
    return turns


def _pose_problems() -> Iterator[GradientProblem]:
    """Yield the networks of the shipped cases that have all derivatives, with what is expected.

    None with a kink: the peers' differences reach across it.
    """
    cases = REVISION.cases
    for i, case in enumerate(cases.drawn):
        given, at = case.values(), cases.starts[i]
        if np.isnan(cases.expected[at : cases.starts[i + 1]]).any():
            continue
        parts = []
        for array in (*given["all_weights"], *given["all_biases"]):
            parts.append(cases.expected[at : at + array.size].reshape(array.shape))
            at += array.size
        layers = len(given["all_weights"])
        gradient = [part for pair in zip(parts[:layers], parts[layers:], strict=True) for part in pair]
        yield GradientProblem(given["all_weights"], given["all_biases"], given["x"], given["y"], gradient)


def _time_lanes(lanes: list[Command], runs: int) -> Turn:
    """Return a turn that runs one command at a time, then one in each lane at a time."""

    def measure_round(times: GraderTimes) -> None:
        alone = [run_command(lanes[0]).wall for _ in range(runs)]
        times.add_round(alone, 60 * len(lanes) * runs / run_side_by_side(lanes, runs))

    return measure_round


def _time_batch(folder: Path, sources: list[str], count: int, rights: list[bool]) -> Turn:
    """Return a turn that grades many files in one call, which takes what processors it likes."""
    files = write_variants(folder, sources, count)
    expected = [rights[number % len(rights)] for number in range(count)]

    def measure_round(times: GraderTimes) -> None:
        seconds = seconds_per_file(grade(files, expected))
        times.add_round([seconds], 60 / seconds)

    return measure_round
