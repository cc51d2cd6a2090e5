"""Files of the bare floor, written before anything is timed: the networks' numbers, their sizes, the function."""

import sys
from pathlib import Path

import numpy as np

from bench.run import Command
from grader.oracle.network import forward
from grader.subjects.networks.revision import NetworksRevision


def prepare_floor(folder: Path, revision: NetworksRevision, source: str) -> Command:
    """Write the files, and return the command of a run. The numbers are W, b, f, h and y of each network in turn."""
    folder.mkdir()
    numbers, sizes, function = folder / "numbers", folder / "sizes", folder / "function.py"
    parts = []
    for network in revision.suite.networks:
        trace = forward(network, revision.assignment.formulas)
        parts += [*network.weights, *network.biases, *trace.f, *trace.h, network.y]
    np.concatenate([part.ravel() for part in parts]).tofile(numbers)
    lines = (" ".join(map(str, widths)) for widths in revision.suite.sizes)
    sizes.write_text("\n".join(lines), encoding="ascii")
    function.write_text(source, encoding="utf-8")
    bare = Path(__file__).with_name("bare.py")
    return Command([sys.executable, str(bare), str(numbers), str(sizes), str(function)])
