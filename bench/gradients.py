"""The oracle beside the notebook's loop and other gradient checkers, per network, at three sizes, in turn."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np

from bench.networks import GradientProblem, write_problems
from bench.peers.peer import ROOT, find_python
from bench.run import ONE_THREAD
from grader.model.formulas import Formulas
from grader.oracle.network import Network
from grader.oracle.reference import gradient
from tests.networks import load_layered

FORMULAS = Formulas()

#: The sets of networks that are not of the suite: their names, the widths, and the number of networks.
SHAPES = {
    "K = 5, six wide": ((1, 6, 6, 6, 6, 6, 1), 10),
    "K = 8, 32 wide": ((1, *(32,) * 8, 1), 2),
}
#: Every fifth network of the suite: a compiler that sees 200 shapes spends minutes on it.
SUITE, STRIDE = "the suite's mix", 5


@dataclass(frozen=True, slots=True)
class Checker:
    """A gradient checker: its program under `bench.checkers`, and its folder of `.peers`, or None for our own."""

    name: str
    module: str
    home: str | None = None
    argument: str = ""

    @property
    def python(self) -> Path:
        """The interpreter that has the checker."""
        return find_python(self.home)


OURS, LOOP = "the oracle, with its uncertainty", "the notebook's double loop"
CHECKERS = (
    Checker(OURS, "ours"),
    Checker(LOOP, "notebook"),
    Checker("the same, the unchanged network run only once", "notebook", argument="frugal"),
    Checker("PyTorch gradcheck, slow mode", "with_torch", "torch"),
    Checker("PyTorch gradcheck, fast mode (directions)", "with_torch", "torch", "fast"),
    Checker("JAX check_grads, compiled (one direction)", "with_jax", "jax"),
    Checker("autograd check_grads (one direction)", "with_autograd", "autograd"),
)


@dataclass(slots=True)
class CheckerFigures:
    """The errors and times of one checker at one size."""

    name: str
    #: Errors relative to the largest derivative: of any one, and along one random direction.
    entry_error: float | None
    direction_error: float
    #: Networks whose right gradient the checker takes for wrong.
    refusals: int
    milliseconds: list[float] = field(default_factory=list)


@dataclass(slots=True)
class SizeFigures:
    """The figures of all checkers at one size."""

    name: str
    networks: int
    #: In the mean over the networks.
    parameters: float
    checkers: list[CheckerFigures]


def measure_checkers(folder: Path, rounds: int) -> Iterator[SizeFigures]:
    """Yield the figures of each size; all installed checkers are asked round by round."""
    checkers = [checker for checker in CHECKERS if checker.python.exists()]
    for number, (name, problems) in enumerate(_draw_sets().items()):
        place = folder / f"set{number}"
        write_problems(place, problems)
        with ExitStack() as stack:
            processes = [stack.enter_context(_run_checker(checker, place)) for checker in checkers]
            figures = [
                CheckerFigures(checker.name, **process.read_answer())
                for checker, process in zip(checkers, processes, strict=True)
            ]
            for _ in range(rounds):
                for process, row in zip(processes, figures, strict=True):
                    row.milliseconds.append(1e3 * process.time_round())
        parameters = sum(part.size for problem in problems for part in problem.parameters) / len(problems)
        yield SizeFigures(name, len(problems), parameters, figures)


@dataclass(frozen=True, slots=True)
class _CheckerProcess:
    """The pipes of a checker's process."""

    requests: IO[str]
    answers: IO[str]

    def read_answer(self) -> Any:
        return json.loads(self.answers.readline())

    def time_round(self) -> float:
        """Return the seconds that a network takes."""
        self.requests.write("\n")
        self.requests.flush()
        return float(self.read_answer())


@contextmanager
def _run_checker(checker: Checker, problems: Path) -> Iterator[_CheckerProcess]:
    words = [str(checker.python), "-m", f"bench.checkers.{checker.module}", str(problems), checker.argument]
    variables = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    with subprocess.Popen(
        words,
        env=variables,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        try:
            yield _CheckerProcess(process.stdin, process.stdout)
        finally:
            process.stdin.close()


def _draw_sets() -> dict[str, list[GradientProblem]]:
    rng = np.random.default_rng(0)
    sets = {name: [_draw_problem(rng, sizes) for _ in range(count)] for name, (sizes, count) in SHAPES.items()}
    suite = [pose_problem(network, FORMULAS) for network in load_layered().suite.networks[::STRIDE]]
    small, large = sets
    return {small: sets[small], SUITE: suite, large: sets[large]}


def _draw_problem(rng: np.random.Generator, sizes: tuple[int, ...]) -> GradientProblem:
    """Draw as the notebook does: standard normal parameters, the input 1.2, the target 20."""
    pairs = list(pairwise(sizes))
    weights = tuple(rng.normal(size=(rows, columns)) for columns, rows in pairs)
    biases = tuple(rng.normal(size=(rows, 1)) for _, rows in pairs)
    return pose_problem(Network(weights, biases, np.full((sizes[0], 1), 1.2), np.full((sizes[-1], 1), 20.0)), FORMULAS)


def pose_problem(network: Network, formulas: Formulas) -> GradientProblem:
    """Return the network with its derivatives by backpropagation."""
    weights, biases = list(network.weights), list(network.biases)
    return GradientProblem(weights, biases, network.net_input, network.y, gradient(network, formulas))
