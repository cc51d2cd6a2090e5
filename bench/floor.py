"""What the bare floor needs, laid down before anything is timed: the networks' numbers, their sizes, the function."""

import sys
from pathlib import Path

import numpy as np

from bench.run import Run, timed
from grader.oracle.network import forward
from grader.revision import Revision

#: One thread, as in the jail: OpenBLAS's threads cost more than they bring at these sizes.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def prepare(folder: Path, revision: Revision, source: str) -> list[str]:
    """The command of one floor run; the numbers are W, b, f, h and y of each network, one after the other."""
    numbers, sizes, function = folder / "numbers", folder / "sizes", folder / "function.py"
    parts = []
    for network in revision.suite.networks:
        at = forward(network, revision.assignment.formulas)
        parts += [*network.weights, *network.biases, *at.f, *at.h, network.y]
    np.concatenate([part.ravel() for part in parts]).tofile(numbers)
    lines = (" ".join(map(str, each)) for each in revision.suite.sizes)
    sizes.write_text("\n".join(lines), encoding="ascii")
    function.write_text(source, encoding="utf-8")
    bare = Path(__file__).with_name("bare.py")
    return [sys.executable, str(bare), str(numbers), str(sizes), str(function)]


def floor(command: list[str]) -> Run:
    """One run."""
    return timed(command, ONE_THREAD)
