"""Facts of networks: sizes, shapes, dead units, signs and magnitudes, which conditions of faults are about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Layers counted from either end whose sizes, signs and magnitudes are facts.
PLACES = 3

Facts = dict[str, float]
Columns = dict[str, Array]


def list_places(depth: int) -> Iterator[tuple[str, int]]:
    """Yield names and numbers of layers 0 to `depth`, counted from the input and from the output."""
    for n in range(min(PLACES, depth + 1)):
        yield f"[{n}]", n
        yield f"[K-{n}]", depth - n


@dataclass(frozen=True, eq=False)
class ReluNetwork:
    """A network with ReLUs under least squares: K+1 weights (out x in) and biases (out x 1), an input and a target."""

    weights: Sequence[Array]
    biases: Sequence[Array]
    net_input: Array
    y: Array

    @property
    def depth(self) -> int:
        """K, the number of hidden layers."""
        return len(self.weights) - 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden widths, outputs."""
        return (self.weights[0].shape[1], *[part.shape[0] for part in self.weights])

    @cached_property
    def f(self) -> list[Array]:
        """The preactivations of all layers."""
        f: list[Array] = []
        for weights, bias in zip(self.weights, self.biases, strict=True):
            f.append(bias + weights @ (np.maximum(f[-1], 0) if f else self.net_input))
        return f

    @cached_property
    def gradients(self) -> list[tuple[Array, Array]]:
        """The derivatives by the weights and the biases of all layers."""
        df, gradients = 2 * (self.f[-1] - self.y), []
        for k in range(self.depth, -1, -1):
            gradients.append((df @ (np.maximum(self.f[k - 1], 0) if k else self.net_input).T, df))
            df = (self.weights[k].T @ df) * (self.f[k - 1] > 0) if k else df
        return gradients[::-1]

    @property
    def dead_units(self) -> list[int]:
        """The number of dead units of each hidden layer."""
        return [int((f <= 0).sum()) for f in self.f[:-1]]


def describe_network(network: ReluNetwork) -> dict[str, Facts]:
    """Return the facts of a network, by family. A layer that it does not have is left out."""
    return {
        "size": _describe_sizes(network),
        "shape": _describe_shapes(network),
        "dead": _describe_dead_units(network),
        "sign": _describe_signs(network),
        "magnitude": _describe_magnitudes(network),
    }


def _describe_sizes(network: ReluNetwork) -> Facts:
    sizes, hidden = network.sizes, network.sizes[1:-1]
    facts: Facts = {"depth": network.depth, "inputs": sizes[0], "outputs": sizes[-1], "units": sum(hidden)}
    facts |= {"widest": max(hidden, default=0), "narrowest": min(hidden, default=0)}
    for name, k in list_places(network.depth):
        weights = network.weights[k]
        facts[f"rows of W{name}"], facts[f"columns of W{name}"] = weights.shape
        facts[f"entries of W{name}"] = weights.size
    return facts


def _describe_shapes(network: ReluNetwork) -> Facts:
    sizes, hidden, depth = network.sizes, network.sizes[1:-1], network.depth
    facts: Facts = {
        "equal neighbours": sum(a == b for a, b in pairwise(sizes)),
        "equal weight shapes": depth + 1 - len(set(pairwise(sizes))),
        "palindrome": sizes == sizes[::-1],
        "wider on every layer": all(a < b for a, b in pairwise(hidden)) and depth > 1,
        "narrower on every layer": all(a > b for a, b in pairwise(hidden)) and depth > 1,
        "ends alike": sizes[0] == sizes[-1],
    }
    for name, k in list_places(depth):
        rows, columns = network.weights[k].shape
        facts[f"rows less columns of W{name}"] = rows - columns
    return facts


def _describe_dead_units(network: ReluNetwork) -> Facts:
    dead, widths = network.dead_units, network.sizes[1:-1]
    facts: Facts = {
        "dead units": sum(dead),
        "dead layers": sum(n == width for n, width in zip(dead, widths, strict=True)),
        "layers without a dead unit": sum(n == 0 for n in dead),
        "layers of one active unit": sum(n == width - 1 for n, width in zip(dead, widths, strict=True)),
    }
    for name, k in list_places(network.depth):
        if k < network.depth:
            f = network.f[k]
            facts[f"dead units of f{name}"] = dead[k]
            facts[f"active units of f{name}"] = len(f) - dead[k]
            facts[f"first unit of f{name} active"] = bool((f[0] > 0).any())
            facts[f"last unit of f{name} active"] = bool((f[-1] > 0).any())
    return facts


def _describe_signs(network: ReluNetwork) -> Facts:
    facts: Facts = {}
    for name, part in list_ends(network):
        facts |= _signs(name, part)
    for name, k in list_places(network.depth):
        facts |= _signs(f"W{name}", network.weights[k])
        facts |= _signs(f"b{name}", network.biases[k])
        facts |= _signs(f"f{name}", network.f[k])
    return facts


def _describe_magnitudes(network: ReluNetwork) -> Facts:
    facts: Facts = {}
    for name, part in (*list_ends(network), *list_layer_parts(network)):
        facts |= {f"largest {name}": float(np.abs(part).max()), f"least {name}": float(np.abs(part).min())}
    facts["loss"] = float(((network.f[-1] - network.y) ** 2).sum())
    return facts


def list_ends(network: ReluNetwork) -> Iterator[tuple[str, Array]]:
    """Yield the arrays at the input and at the output, by name."""
    output, y = network.f[-1], network.y
    yield from (("x", network.net_input), ("y", y), ("output", output), ("error", output - y))


def list_layer_parts(network: ReluNetwork) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of the layers at both ends, by name."""
    for name, k in list_places(network.depth):
        yield f"W{name}", network.weights[k]
        yield f"b{name}", network.biases[k]
        yield f"f{name}", network.f[k]
        yield f"dW{name}", network.gradients[k][0]
        yield f"db{name}", network.gradients[k][1]


def _signs(name: str, part: Array) -> Facts:
    return {
        f"negative {name}": int((part < 0).sum()),
        f"positive {name}": int((part > 0).sum()),
        f"sign of the sum of {name}": float(np.sign(part.sum())),
    }


def tabulate(
    networks: Sequence[ReluNetwork], describe: Callable[[ReluNetwork], dict[str, Facts]]
) -> dict[str, Columns]:
    """Return a column for each fact, by family; NaN stands for a network that lacks it."""
    rows = [describe(network) for network in networks]
    families = {family: sorted({name for row in rows for name in row[family]}) for family in rows[0]}
    return {
        family: {name: np.array([row[family].get(name, np.nan) for row in rows], dtype=float) for name in names}
        for family, names in families.items()
    }
