"""The oracle beside the notebook's loop and other gradient checkers, per network, at three sizes, asked in turn."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np

from bench.networks import Given, write
from bench.peers.peer import PEERS, ROOT
from bench.run import ONE_THREAD
from grader.model.formulas import Formulas
from grader.oracle.network import Network
from grader.oracle.reference import gradient
from tests.networks import load_packaged

FORMULAS = Formulas()

#: What each set is called, and for those that are not the suite's: widths, and how many networks.
SHAPES = {
    "K = 5, six wide": ((1, 6, 6, 6, 6, 6, 1), 10),
    "K = 8, 32 wide": ((1, *(32,) * 8, 1), 2),
}
#: Every fifth network of the suite: a compiler that sees 200 shapes spends minutes on it.
SUITE, STRIDE = "the suite's mix", 5


@dataclass(frozen=True, slots=True)
class Checker:
    """One checker: its program under `bench.checkers`, and the folder of `.peers` that has it."""

    name: str
    module: str
    home: str | None = None
    argument: str = ""

    @property
    def python(self) -> Path:
        """The interpreter that has it."""
        return PEERS / self.home / "bin" / "python" if self.home else Path(sys.executable)


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
class Found:
    """What one checker did at one size."""

    name: str
    #: Errors relative to the largest derivative: of any one, and along one random direction.
    entry: float | None
    direction: float
    #: Networks whose right gradient it takes for wrong.
    refused: int
    milliseconds: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Measured:
    """One size."""

    name: str
    networks: int
    #: In the mean over the networks.
    parameters: float
    found: list[Found]


def gradients(folder: Path, rounds: int) -> Iterator[Measured]:
    """Each size in turn, all installed checkers round by round."""
    installed = [each for each in CHECKERS if each.python.exists()]
    for number, (name, networks) in enumerate(_sets().items()):
        place = folder / f"set{number}"
        write(place, networks)
        with ExitStack() as stack:
            running = [stack.enter_context(_process(each, place)) for each in installed]
            found = [Found(each.name, **process.hear()) for each, process in zip(installed, running, strict=True)]
            for _ in range(rounds):
                for process, kept in zip(running, found, strict=True):
                    kept.milliseconds.append(1e3 * process.ask())
        size = sum(part.size for network in networks for part in network.parameters) / len(networks)
        yield Measured(name, len(networks), size, found)


@dataclass(frozen=True, slots=True)
class _Process:
    given: IO[str]
    said: IO[str]

    def hear(self) -> Any:
        return json.loads(self.said.readline())

    def ask(self) -> float:
        self.given.write("\n")
        self.given.flush()
        return float(self.hear())


@contextmanager
def _process(checker: Checker, networks: Path) -> Iterator[_Process]:
    words = [str(checker.python), "-m", f"bench.checkers.{checker.module}", str(networks), checker.argument]
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
            yield _Process(process.stdin, process.stdout)
        finally:
            process.stdin.close()


def _sets() -> dict[str, list[Given]]:
    rng = np.random.default_rng(0)
    drawn = {name: [_drawn(rng, sizes) for _ in range(count)] for name, (sizes, count) in SHAPES.items()}
    suite = [_given(network) for network in load_packaged("udl-7.2").suite.networks[::STRIDE]]
    own, large = drawn
    return {own: drawn[own], SUITE: suite, large: drawn[large]}


def _drawn(rng: np.random.Generator, sizes: tuple[int, ...]) -> Given:
    """As the notebook draws them: standard normal, the input 1.2, the target 20."""
    pairs = list(pairwise(sizes))
    weights = tuple(rng.normal(size=(rows, columns)) for columns, rows in pairs)
    biases = tuple(rng.normal(size=(rows, 1)) for _, rows in pairs)
    return _given(Network(weights, biases, np.full((sizes[0], 1), 1.2), np.full((sizes[-1], 1), 20.0)))


def _given(network: Network) -> Given:
    return Given(list(network.weights), list(network.biases), network.net_input, network.y, gradient(network, FORMULAS))
