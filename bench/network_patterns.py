"""Patterns of networks: kinds of conditions that no quantity of the choice of cases is made for.

A row or a column of one sign, sums and orders of sizes, units that are dead in turn, and relations between two arrays.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, groupby, pairwise

import numpy as np

from bench.network_facts import Array, Facts, ReluNetwork, list_ends, list_layer_parts, list_places

#: The rows and columns of an array that are looked at, from either end.
_LINES = (0, 1, -2, -1)


def describe_patterns(network: ReluNetwork) -> dict[str, Facts]:
    """Return the facts of a network, by family. What it does not have is left out."""
    return {
        "line": _describe_lines(network),
        "order": _describe_order(network.sizes),
        "in turn": _describe_turns([(f > 0).ravel() for f in network.f[:-1]]),
        "relation": _describe_relations(network),
    }


def _describe_lines(network: ReluNetwork) -> Facts:
    """Signs of rows and columns, and of single entries of columns."""
    facts: Facts = {}
    for name, part in (*list_ends(network), *list_layer_parts(network)):
        for way, lines in (("row", part), ("column", part.T)):
            if lines.shape[1] == 1:
                continue
            uniform = [_sign_of_all(line) for line in lines]
            facts |= {f"{way}s of {name} above zero": uniform.count(1), f"{way}s of {name} below": uniform.count(-1)}
            for at in _LINES:
                if -len(lines) <= at < len(lines):
                    facts[f"{way} {at} of {name}, its sign"] = uniform[at]
                    facts[f"{way} {at} of {name}, negative"] = int((lines[at] < 0).sum())
                    facts[f"{way} {at} of {name}, sign of its sum"] = float(np.sign(lines[at].sum()))
                    facts[f"{way} {at} of {name}, changes of sign"] = _count_changes(lines[at] > 0)
        facts[f"place of the largest of {name}"] = int(np.argmax(part))
        facts[f"place of the least of {name}"] = int(np.argmin(part))
    return facts


def _sign_of_all(line: Array) -> int:
    """Return the sign that all entries have; 0 if they have different ones."""
    return int((line > 0).all()) - int((line < 0).all())


def _count_changes(values: Iterable[object]) -> int:
    return sum(bool(a != b) for a, b in pairwise(values))


def _describe_order(sizes: Sequence[int]) -> Facts:
    """Sums, differences and the order of inputs, widths and outputs."""
    rises = [int(np.sign(b - a)) for a, b in pairwise(sizes)]
    facts: Facts = {
        "sum of sizes": sum(sizes),
        "sum of every other size": sum(sizes[::2]),
        "rises": rises.count(1),
        "falls": rises.count(-1),
        "turns": _count_changes(rises),
        "longest rise": max((len([*run]) for sign, run in groupby(rises) if sign > 0), default=0),
        "place of the widest": int(np.argmax(sizes)),
        "place of the narrowest": int(np.argmin(sizes)),
        "different sizes": len(set(sizes)),
        "even sizes": sum(size % 2 == 0 for size in sizes),
        "sizes of one": sum(size == 1 for size in sizes),
        "median size": float(np.median(sizes)),
        "inputs less outputs": sizes[0] - sizes[-1],
    }
    facts |= {f"sum of sizes modulo {n}": sum(sizes) % n for n in (2, 3, 5)}
    known = [(f"[{at}]", sizes[at]) for at in (0, 1, 2, 3, -4, -3, -2, -1) if -len(sizes) <= at < len(sizes)]
    for (first, a), (second, b) in combinations(known, 2):
        facts[f"size{first} + size{second}"] = a + b
        facts[f"size{first} beside size{second}"] = int(np.sign(a - b))
        facts[f"size{first} is twice size{second}"] = a == 2 * b
    return facts


def _describe_turns(alive: Sequence[np.ndarray[tuple[int], np.dtype[np.bool_]]]) -> Facts:
    """Units that are dead in turn: along a layer, at one place of all layers, in layers one after the other."""
    if not alive:
        return {}
    dead = [int((~layer).sum()) for layer in alive]
    shared = [int((~a[: len(b)] & ~b[: len(a)]).sum()) for a, b in pairwise(alive)]
    facts: Facts = {
        "layers whose first unit is dead": sum(not layer[0] for layer in alive),
        "layers whose last unit is dead": sum(not layer[-1] for layer in alive),
        "changes of the first unit": _count_changes([bool(layer[0]) for layer in alive]),
        "changes of the last unit": _count_changes([bool(layer[-1]) for layer in alive]),
        "changes between layers with a dead unit": _count_changes([number > 0 for number in dead]),
        "layers with more dead units than before": sum(b > a for a, b in pairwise(dead)),
        "units dead in two layers": sum(shared),
        "most changes along a layer": max(_count_changes(layer) for layer in alive),
        "layers dead at every other unit": sum(len(a) > 2 and _count_changes(a) == len(a) - 1 for a in alive),
        "layers with a dead end": sum(not layer[0] or not layer[-1] for layer in alive),
        "layer of the most dead units": int(np.argmax(dead)),
    }
    for name, k in list_places(len(alive) - 1):
        layer = alive[k]
        facts[f"changes along layer{name}"] = _count_changes(layer)
        facts[f"first dead unit of layer{name}"] = int(np.argmin(layer)) if dead[k] else -1
        facts[f"dead units of layer{name} at even places"] = int((~layer[::2]).sum())
        facts[f"dead units of layer{name} in its first half"] = int((~layer[: len(layer) // 2]).sum())
        if k:
            facts[f"dead units of layer{name} less before"] = dead[k] - dead[k - 1]
            facts[f"units dead in layer{name} and before"] = shared[k - 1]
    return facts


def _describe_relations(network: ReluNetwork) -> Facts:
    """Two arrays beside one another: their largest entries, sums, signs and places."""
    facts: Facts = {}
    for (first, a), (second, b) in _pair_arrays(network):
        name = f"{first} and {second}"
        facts[f"sum of the signs of {name}"] = float(np.sign(a.sum()) * np.sign(b.sum()))
        facts[f"first entries of {name}, alike"] = bool((a.flat[0] > 0) == (b.flat[0] > 0))
        facts[f"last entries of {name}, alike"] = bool((a.flat[-1] > 0) == (b.flat[-1] > 0))
        facts[f"largest of {name}, their ratio"] = float(np.abs(a).max() / max(np.abs(b).max(), 1e-300))
        facts[f"sums of {name}, their difference"] = float(a.sum() - b.sum())
        facts[f"negative of {name}, their difference"] = int((a < 0).sum() - (b < 0).sum())
        facts[f"largest of {name}, in one place"] = int(np.argmax(a)) == int(np.argmax(b))
        if a.shape == b.shape:
            facts[f"alike in sign, of {name}"] = int((np.sign(a) == np.sign(b)).sum())
            facts[f"larger of {name}"] = int((a > b).sum())
    return facts


def _pair_arrays(network: ReluNetwork) -> Iterator[tuple[tuple[str, Array], tuple[str, Array]]]:
    """Yield the ends with one another, each layer's arrays with one another, and those of both ends of the network."""
    ends, layers = list(list_ends(network)), dict(list_layer_parts(network))
    yield from combinations(ends, 2)
    for _, group in groupby(layers.items(), lambda part: part[0].partition("[")[2]):
        yield from combinations([*group], 2)
    for kind in ("W", "b", "f", "dW", "db"):
        places = [f"{kind}{place}" for place in ("[0]", "[1]", "[K-1]", "[K-0]")]
        own = [(name, layers[name]) for name in places if name in layers]
        yield from combinations(own, 2)
