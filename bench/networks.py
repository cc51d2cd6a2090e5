"""Networks as a file of numbers and a file of sizes, which any Python with NumPy reads within milliseconds.

Whatever is measured in another environment imports this: standard library and NumPy only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A network, its input and target, and the derivatives dW[0], db[0], dW[1], ... by backpropagation."""

    weights: list[Array]
    biases: list[Array]
    net_input: Array
    y: Array
    truth: list[Array]

    @property
    def parameters(self) -> list[Array]:
        """W[0], b[0], W[1], ..."""
        return [part for pair in zip(self.weights, self.biases, strict=True) for part in pair]

    @property
    def largest(self) -> float:
        """The largest derivative: what an error is relative to."""
        return max(float(np.abs(part).max()) for part in self.truth) or 1.0


def write(folder: Path, networks: Iterable[Given]) -> None:
    """Into a folder that is made; one input column each."""
    folder.mkdir()
    numbers: list[Array] = []
    sizes = []
    for each in networks:
        numbers += [*each.parameters, each.net_input, each.y, *each.truth]
        sizes.append(" ".join(map(str, [each.weights[0].shape[1], *map(len, each.weights)])))
    np.concatenate([part.ravel() for part in numbers]).tofile(folder / "numbers")
    (folder / "sizes").write_text("\n".join(sizes), encoding="ascii")


def read(folder: Path) -> Iterator[Given]:
    """One after the other."""
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
        width = [int(each) for each in line.split()]
        shapes = [shape for below, rows in pairwise(width) for shape in ((rows, below), (rows, 1))]
        parts, (net_input, y), truth = cut(shapes), cut([(width[0], 1), (width[-1], 1)]), cut(shapes)
        yield Given(parts[::2], parts[1::2], net_input, y, truth)
