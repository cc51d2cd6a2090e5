"""Many networks with their activations and differences, as a few flat arrays: what is asked, and what is true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np

from grader.model.formulas import Formulas
from grader.oracle.differences import differences
from grader.oracle.network import Array, Network, Pass, forward, network_of
from grader.oracle.reference import gradient
from grader.oracle.tolerance import scale, tolerances


@dataclass(frozen=True, eq=False)
class Suite:
    """Networks one after the other in each array; matrices row by row.

    `parameters`, `derivatives` and `tolerances` hold W[0], b[0], W[1], b[1], ... of each network; `preactivations`
    f[0..K], `activations` h[0..K] (h[0] is the input) and `targets` y. A derivative that finite differences could not
    settle is NaN with an infinite tolerance.
    """

    #: Inputs, hidden widths and outputs of each network.
    sizes: tuple[tuple[int, ...], ...]
    columns: tuple[int, ...]
    #: Why each network was drawn.
    corners: tuple[str, ...]
    parameters: Array
    preactivations: Array
    activations: Array
    targets: Array
    derivatives: Array
    tolerances: Array

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def starts(self) -> list[int]:
        """The start of each network's parameters in the flat arrays, and the end of the last one's."""
        return [0, *accumulate(count(sizes) for sizes in self.sizes)]

    @cached_property
    def _offsets(self) -> list[tuple[int, int, int]]:
        """The start of each network's preactivations, activations and targets."""
        lengths = [
            (sum(sizes[1:]) * columns, sum(sizes[:-1]) * columns, sizes[-1] * columns)
            for sizes, columns in zip(self.sizes, self.columns, strict=True)
        ]
        return list(accumulate(lengths, lambda at, n: (at[0] + n[0], at[1] + n[1], at[2] + n[2]), initial=(0, 0, 0)))

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """Each network as matrices."""
        networks = []
        outputs = inputs = 0
        for i, (sizes, columns) in enumerate(zip(self.sizes, self.columns, strict=True)):
            y = self.targets[outputs : outputs + sizes[-1] * columns].reshape(sizes[-1], columns)
            x = self.activations[inputs : inputs + sizes[0] * columns].reshape(sizes[0], columns)
            networks.append(network_of(matrices(sizes, self.parameters[self.starts[i] : self.starts[i + 1]]), x, y))
            outputs += sizes[-1] * columns
            inputs += sum(sizes[:-1]) * columns
        return tuple(networks)

    @property
    def expected(self) -> Array:
        """The derivatives, as `Cases` has them."""
        return self.derivatives

    @property
    def modules(self) -> list[int]:
        """The length of each network's sizes: the student's module is executed for each K."""
        return [len(sizes) for sizes in self.sizes]

    def key(self, i: int) -> bytes:
        """The key of a network: the same for the same one, whatever it was made from."""
        return key(self.networks[i])

    def take(self, places: Sequence[int]) -> "Suite":
        """The networks at these places, in this order."""
        return join([self.one(i) for i in places])

    def join(self, *others: "Suite") -> "Suite":
        """The networks, and the others after them."""
        return join([self, *others])

    def one(self, i: int) -> "Suite":
        """The network at place `i` alone."""
        sizes, columns = self.sizes[i], self.columns[i]
        f0, h0, y0 = self._offsets[i]
        own = slice(self.starts[i], self.starts[i + 1])
        return Suite(
            (sizes,),
            (columns,),
            (self.corners[i],),
            self.parameters[own],
            self.preactivations[f0 : f0 + sum(sizes[1:]) * columns],
            self.activations[h0 : h0 + sum(sizes[:-1]) * columns],
            self.targets[y0 : y0 + sizes[-1] * columns],
            self.derivatives[own],
            self.tolerances[own],
        )


#: No networks at all.
EMPTY = Suite((), (), (), *(np.zeros(0) for _ in range(6)))


def count(sizes: Sequence[int]) -> int:
    """The number of parameters of a network of these sizes."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


def matrices(sizes: Sequence[int], flat: Array) -> list[Array]:
    """W[0], b[0], W[1], b[1], ... from one flat array in that order."""
    parts = []
    start = 0
    for inputs, outputs in pairwise(sizes):
        for columns in (inputs, 1):
            parts.append(flat[start : start + outputs * columns].reshape(outputs, columns))
            start += outputs * columns
    return parts


def flatten(parts: Iterable[Array]) -> Array:
    """One flat array, each part row by row."""
    rows = [part.ravel() for part in parts]
    return np.concatenate(rows) if rows else np.zeros(0)


def join(suites: Sequence[Suite]) -> Suite:
    """One suite after the other."""
    if not suites:
        return EMPTY
    return Suite(
        tuple(sizes for suite in suites for sizes in suite.sizes),
        tuple(columns for suite in suites for columns in suite.columns),
        tuple(corner for suite in suites for corner in suite.corners),
        np.concatenate([suite.parameters for suite in suites]),
        np.concatenate([suite.preactivations for suite in suites]),
        np.concatenate([suite.activations for suite in suites]),
        np.concatenate([suite.targets for suite in suites]),
        np.concatenate([suite.derivatives for suite in suites]),
        np.concatenate([suite.tolerances for suite in suites]),
    )


def interleave(network: Network) -> list[Array]:
    """W[0], b[0], W[1], b[1], ... of a network."""
    return [part for pair in zip(network.weights, network.biases, strict=True) for part in pair]


def key(network: Network) -> bytes:
    """The key of a network: the same for the same one, whatever it was made from."""
    sizes = bytes(np.array([*network.sizes, network.columns], dtype=np.int32))
    parts = (*interleave(network), network.net_input, network.y)
    return sizes + b"".join([part.tobytes() for part in parts])


def measure(networks: Sequence[Network], corners: Sequence[str], formulas: Formulas, rtol: float) -> Suite:
    """The networks with their finite differences and tolerances."""
    passes = [forward(network, formulas) for network in networks]
    truths, allowed = [], []
    for network, at in zip(networks, passes, strict=True):
        measured = differences(network, formulas, at)
        truths += measured.value
        allowed += tolerances(scale(network, formulas, at), rtol, measured.uncertainty)
    return _suite(networks, passes, corners, flatten(truths), flatten(allowed))


def propose(networks: Sequence[Network], formulas: Formulas, rtol: float, known: Sequence[Pass] | None = None) -> Suite:
    """The networks with analytic derivatives: quick, for proposing counterexamples that differences then confirm.

    `known` are their forward passes, if there are any.
    """
    passes = known or [forward(network, formulas) for network in networks]
    truths = flatten(part for n, at in zip(networks, passes, strict=True) for part in gradient(n, formulas, at))
    sizes = flatten(part for n, at in zip(networks, passes, strict=True) for part in scale(n, formulas, at))
    return _suite(networks, passes, ["proposed"] * len(networks), truths, rtol * sizes)


def build_unmeasured(networks: Sequence[Network], passes: Sequence[Pass], corner: str) -> Suite:
    """Networks to ask about whose truth is not needed: derivatives NaN, tolerances infinite."""
    blank = np.full(sum(count(network.sizes) for network in networks), np.nan)
    return _suite(networks, passes, [corner] * len(networks), blank, np.full_like(blank, np.inf))


def _suite(
    networks: Sequence[Network],
    passes: Sequence[Pass],
    corners: Sequence[str],
    truths: Array,
    tolerances: Array,
) -> Suite:
    return Suite(
        tuple(network.sizes for network in networks),
        tuple(network.columns for network in networks),
        tuple(corners),
        flatten(part for network in networks for part in interleave(network)),
        flatten(part for at in passes for part in at.f),
        flatten(part for at in passes for part in at.h),
        flatten(network.y for network in networks),
        truths,
        tolerances,
    )
