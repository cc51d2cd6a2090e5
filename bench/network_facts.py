"""Facts of networks: sizes, shapes, dead units, signs and magnitudes, which conditions of faults are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from grader.oracle.network import Network, Pass, forward
from grader.oracle.reference import gradient
from numpy.typing import NDArray

from grader.model.formulas import Formulas

#: Layers counted from either end whose sizes, signs and magnitudes are facts.
PLACES = 3

Facts = dict[str, float]
Columns = dict[str, NDArray[np.float64]]


def _places(depth: int) -> Iterator[tuple[str, int]]:
    """Yield names and numbers of layers 0 to `depth`, counted from the input and from the output."""
    for n in range(min(PLACES, depth + 1)):
        yield f"[{n}]", n
        yield f"[K-{n}]", depth - n


@dataclass(frozen=True, slots=True, eq=False)
class _NetworkTrace:
    """A network, its forward pass, its gradient, and the number of dead units of each hidden layer."""

    network: Network
    forward: Pass
    gradient: Sequence[NDArray[np.float64]]
    dead_units: Sequence[int]

    @property
    def depth(self) -> int:
        """The number of hidden layers."""
        return self.network.depth

    @classmethod
    def of(cls, network: Network, formulas: Formulas) -> "_NetworkTrace":
        """Run and differentiate the network."""
        trace = forward(network, formulas)
        dead_units = [int((f <= 0).all(axis=1).sum()) for f in trace.f[:-1]]
        return cls(network, trace, gradient(network, formulas, trace), dead_units)


def describe_network(network: Network, formulas: Formulas) -> dict[str, Facts]:
    """Return the facts of a network, by family. A layer that it does not have is left out."""
    trace = _NetworkTrace.of(network, formulas)
    return {
        "size": _describe_sizes(trace),
        "shape": _describe_shapes(trace),
        "dead": _describe_dead_units(trace),
        "sign": _describe_signs(trace),
        "magnitude": _describe_magnitudes(trace),
    }


def _describe_sizes(trace: _NetworkTrace) -> Facts:
    sizes, hidden = trace.network.sizes, trace.network.sizes[1:-1]
    facts: Facts = {"depth": trace.depth, "inputs": sizes[0], "outputs": sizes[-1], "units": sum(hidden)}
    facts |= {"widest": max(hidden, default=0), "narrowest": min(hidden, default=0)}
    for name, k in _places(trace.depth):
        weights = trace.network.weights[k]
        facts[f"rows of W{name}"], facts[f"columns of W{name}"] = weights.shape
        facts[f"entries of W{name}"] = weights.size
    return facts


def _describe_shapes(trace: _NetworkTrace) -> Facts:
    sizes, hidden, depth = trace.network.sizes, trace.network.sizes[1:-1], trace.depth
    facts: Facts = {
        "equal neighbours": sum(a == b for a, b in pairwise(sizes)),
        "equal weight shapes": depth + 1 - len(set(pairwise(sizes))),
        "palindrome": sizes == sizes[::-1],
        "wider on every layer": all(a < b for a, b in pairwise(hidden)) and depth > 1,
        "narrower on every layer": all(a > b for a, b in pairwise(hidden)) and depth > 1,
        "ends alike": sizes[0] == sizes[-1],
    }
    for name, k in _places(depth):
        rows, columns = trace.network.weights[k].shape
        facts[f"rows less columns of W{name}"] = rows - columns
    return facts


def _describe_dead_units(trace: _NetworkTrace) -> Facts:
    dead, widths = trace.dead_units, trace.network.sizes[1:-1]
    facts: Facts = {
        "dead units": sum(dead),
        "dead layers": sum(n == width for n, width in zip(dead, widths, strict=True)),
        "layers without a dead unit": sum(n == 0 for n in dead),
        "layers of one active unit": sum(n == width - 1 for n, width in zip(dead, widths, strict=True)),
    }
    for name, k in _places(trace.depth):
        if k < trace.depth:
            f = trace.forward.f[k]
            facts[f"dead units of f{name}"] = dead[k]
            facts[f"active units of f{name}"] = len(f) - dead[k]
            facts[f"first unit of f{name} active"] = bool((f[0] > 0).any())
            facts[f"last unit of f{name} active"] = bool((f[-1] > 0).any())
    return facts


def _describe_signs(trace: _NetworkTrace) -> Facts:
    facts: Facts = {}
    for name, part in _ends(trace):
        facts |= _signs(name, part)
    for name, k in _places(trace.depth):
        facts |= _signs(f"W{name}", trace.network.weights[k])
        facts |= _signs(f"b{name}", trace.network.biases[k])
        facts |= _signs(f"f{name}", trace.forward.f[k])
    return facts


def _describe_magnitudes(trace: _NetworkTrace) -> Facts:
    facts: Facts = {}
    for name, part in (*_ends(trace), *_layer_parts(trace)):
        facts |= {f"largest {name}": float(np.abs(part).max()), f"least {name}": float(np.abs(part).min())}
    facts["loss"] = float(((trace.forward.f[-1] - trace.network.y) ** 2).sum())
    return facts


def _ends(trace: _NetworkTrace) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the arrays at the input and at the output, by name."""
    output, y = trace.forward.f[-1], trace.network.y
    yield from (("x", trace.network.net_input), ("y", y), ("output", output), ("error", output - y))


def _layer_parts(trace: _NetworkTrace) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the arrays of the layers at both ends, by name."""
    for name, k in _places(trace.depth):
        yield f"W{name}", trace.network.weights[k]
        yield f"b{name}", trace.network.biases[k]
        yield f"f{name}", trace.forward.f[k]
        yield f"dW{name}", trace.gradient[2 * k]
        yield f"db{name}", trace.gradient[2 * k + 1]


def _signs(name: str, part: NDArray[np.float64]) -> Facts:
    return {
        f"negative {name}": int((part < 0).sum()),
        f"positive {name}": int((part > 0).sum()),
        f"sign of the sum of {name}": float(np.sign(part.sum())),
    }


def tabulate(networks: Sequence[Network], formulas: Formulas) -> dict[str, Columns]:
    """Return a column for each fact, by family; NaN stands for a network that lacks it."""
    rows = [describe_network(network, formulas) for network in networks]
    families = {family: sorted({name for row in rows for name in row[family]}) for family in rows[0]}
    return {
        family: {name: np.array([row[family].get(name, np.nan) for row in rows], dtype=float) for name in names}
        for family, names in families.items()
    }
