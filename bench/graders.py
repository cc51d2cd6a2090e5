"""One submission by each grader, one after the other in turn, so that a noisy minute falls on all."""

import compileall
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.floor import floor
from bench.grading import command, each, grade
from bench.networks import Given, write
from bench.peers.notebooks import NOTEBOOKS
from bench.peers.peer import ROOT
from bench.peers.scripts import SCRIPTS
from bench.run import Command, timed, together
from bench.submissions import EXAMPLES, RIGHT, WRONG, distinct, function_of, mix, right
from bench.table import Row, compared
from grader.oracle.reference import gradient
from tests.networks import load_packaged

PEERS = (*SCRIPTS, *NOTEBOOKS)
FLOOR = "bare floor: interpreter, NumPy, the 200 calls"
REVISION = load_packaged("udl-7.2")

#: Runs of a short command at a time: with fewer, starting and waiting show.
SHORT = 5


@dataclass(slots=True)
class Times:
    """What one grader took: milliseconds of one at a time, submissions a minute of two at a time."""

    goal: str = ""
    alone: list[float] = field(default_factory=list)
    #: The median of those of each round, and the rate of each.
    rounds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def note(self, seconds: list[float], rate: float) -> None:
        """A round."""
        milliseconds = [1e3 * each for each in seconds]
        self.alone += milliseconds
        self.rounds.append(median(milliseconds))
        self.rates.append(rate)


@dataclass(frozen=True, slots=True)
class Contest:
    """All graders of this machine, ready to be run in turn."""

    turns: dict[str, Callable[[Times], None]]
    times: dict[str, Times]

    def round(self) -> None:
        """Everyone once."""
        for name, turn in self.turns.items():
            turn(self.times[name])

    def floor(self) -> None:
        """The floor once more, for what is measured elsewhere in the meantime."""
        self.turns[FLOOR](self.times[FLOOR])

    def rows(self) -> Iterator[Row]:
        """One for each grader."""
        base = self.times[FLOOR]
        for name, found in self.times.items():
            ratio, gain = compared(found.rounds, base.rounds), compared(found.rates, base.rates)
            yield Row(name, found.alone, ratio, median(found.rates), gain, found.goal)


def contest(folder: Path, many: int) -> Contest:
    """Lay everything down; each peer shows first that it tells right from wrong."""
    # The floor's modules are compiled, so ours are too, also where the environment forbids to write bytecode.
    for package in ("grader", "worker", "bench"):
        compileall.compile_dir(ROOT / package, quiet=2)
    turns = {FLOOR: _twice([floor(folder / f"floor{lane}", REVISION, function_of(RIGHT)) for lane in (0, 1)], SHORT)}
    turns |= _peers(folder)
    turns |= {
        f"backmark grade {RIGHT}, cold": _twice([command([str(EXAMPLES / RIGHT)])] * 2, 1),
        f"backmark grade {WRONG[0]}, cold": _twice([command([str(EXAMPLES / WRONG[0])])] * 2, 1),
        f"backmark grade, {many} right and distinct": _many(folder / "right", right(), many, [True]),
        f"backmark grade, {many}, every second wrong": _many(folder / "mix", mix(), many, [True, False]),
    }
    goals = ("time <= 4", "", "rate >= 4", "rate >= 2")
    times = {name: Times() for name in turns}
    for name, goal in zip(list(turns)[-len(goals) :], goals, strict=True):
        times[name].goal = goal
    return Contest(turns, times)


def _peers(folder: Path) -> dict[str, Callable[[Times], None]]:
    networks = folder / "networks"
    formulas = REVISION.assignment.formulas
    write(
        networks,
        (
            Given(list(each.weights), list(each.biases), each.net_input, each.y, gradient(each, formulas))
            for each in REVISION.suite.networks
        ),
    )
    turns = {}
    for peer in PEERS:
        if not peer.installed:
            print(f"{peer.name} is not installed: `make bench-peers`")
            continue
        place = folder / peer.name.replace(" ", "-")
        first = peer.tried(place / "right", networks, function_of(RIGHT), right=True)
        peer.tried(place / "wrong", networks, function_of(WRONG[0]), right=False)
        turns[peer.name] = _twice([first, peer.command(place / "beside", networks, function_of(RIGHT))], 1)
    return turns


def _twice(lanes: list[Command], times: int) -> Callable[[Times], None]:
    """One at a time, then two at a time."""

    def turn(found: Times) -> None:
        alone = [timed(lanes[0]).wall for _ in range(times)]
        found.note(alone, 60 * len(lanes) * times / together(lanes, times))

    return turn


def _many(folder: Path, sources: list[str], count: int, rights: list[bool]) -> Callable[[Times], None]:
    """Many in one call, which takes what processors it likes."""
    files = distinct(folder, sources, count)
    expected = [rights[number % len(rights)] for number in range(count)]

    def turn(found: Times) -> None:
        seconds = each(grade(files, expected))
        found.note([seconds], 60 / seconds)

    return turn
