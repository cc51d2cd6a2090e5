"""Networks as a file of numbers and a file of sizes, which any Python with NumPy reads within milliseconds.

Whatever is measured in another environment imports this file, so it needs only the standard library and NumPy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class GradientProblem:
    """A network, its input and target, and the derivatives dW[0], db[0], dW[1], ... by backpropagation."""

    weights: list[Array]
    biases: list[Array]
    net_input: Array
    y: Array
    gradient: list[Array]

    @property
    def parameters(self) -> list[Array]:
        """The parameters W[0], b[0], W[1], ..."""
        return [part for pair in zip(self.weights, self.biases, strict=True) for part in pair]

    @property
    def largest(self) -> float:
        """The largest derivative, to which errors are relative."""
        return max(float(np.abs(part).max()) for part in self.gradient) or 1.0


def write_problems(folder: Path, problems: Iterable[GradientProblem]) -> None:
    """Create the folder and write the problems into it; each has an input of one column."""
    folder.mkdir()
    numbers: list[Array] = []
    sizes = []
    for problem in problems:
        numbers += [*problem.parameters, problem.net_input, problem.y, *problem.gradient]
        sizes.append(" ".join(map(str, [problem.weights[0].shape[1], *map(len, problem.weights)])))
    np.concatenate([part.ravel() for part in numbers]).tofile(folder / "numbers")
    (folder / "sizes").write_text("\n".join(sizes), encoding="ascii")


def read_problems(folder: Path) -> Iterator[GradientProblem]:
    """Yield the problems of a folder."""
    flat = np.fromfile(folder / "numbers")
    start = 0

    def cut(shapes: Sequence[tuple[int, int]]) -> list[Array]:
        nonlocal start
        parts = []
        for rows, columns in shapes:
            stop = start + rows * columns
            parts.append(flat[start:stop].reshape(rows, columns))
            start = stop
        return parts

    for line in (folder / "sizes").read_text(encoding="ascii").splitlines():
        widths = [int(width) for width in line.split()]
        shapes = [shape for below, rows in pairwise(widths) for shape in ((rows, below), (rows, 1))]
        parts, (net_input, y), gradient = cut(shapes), cut([(widths[0], 1), (widths[-1], 1)]), cut(shapes)
        yield GradientProblem(parts[::2], parts[1::2], net_input, y, gradient)
