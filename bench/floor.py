"""What the bare floor needs, laid down before anything is timed: the networks' numbers, their sizes, the function."""

import sys
from pathlib import Path

import numpy as np

from bench.run import Command
from grader.oracle.network import forward
from grader.subjects.networks.revision import NetworksRevision


def floor(folder: Path, revision: NetworksRevision, source: str) -> Command:
    """One floor run; the numbers are W, b, f, h and y of each network, one after the other."""
    folder.mkdir()
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
    return Command([sys.executable, str(bare), str(numbers), str(sizes), str(function)])
