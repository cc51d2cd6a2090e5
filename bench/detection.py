"""`python -m bench.detection`: how many rare faults the shipped networks find, by how rarely they show.

A fault is a condition on a network: on networks that meet it some derivative is wrong, on all others none is. Its rate
is measured on ordinary networks (every size of a range as likely, every value normal); it is found if a network of the
suite meets it. Conditions are drawn at random from families: sizes, shapes, signs, magnitudes, dead units; and any two
of these, related or not. Nothing in this file is shared with what chooses the networks.
"""

import argparse
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from bench.table import render_markdown
from grader.model.formulas import Formulas
from grader.oracle.network import Network, Pass, forward
from grader.oracle.reference import gradient
from grader.subjects.networks.ordinary import ordinary
from grader.subjects.networks.revision import NetworksRevision, load
from tests.networks import load_packaged

#: Networks on which rates are measured, and the seed that draws them: none that a suite is chosen by.
NETWORKS, SEED = 10_000, 1_000_003

#: Bands of rates, as parts of one; a fault at the upper end is wrong on one network in twenty.
BANDS = ((0.01, 0.05), (0.005, 0.01), (0.002, 0.005), (0.001, 0.002))

#: A condition may be an exact value of a fact that takes no more values than this; else it is a threshold.
FEW = 16

#: Layers counted from either end whose sizes, signs and magnitudes are facts.
PLACES = 3

#: Faults that are tried; a band of a family may have fewer than are wanted.
ATTEMPTS = 40_000

Facts = dict[str, float]
Columns = dict[str, NDArray[np.float64]]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """A condition on networks, the share of ordinary networks that meet it, and whether a network of the suite does."""

    family: str
    name: str
    rate: float
    is_found: bool


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


#: A condition: its words, and the function that shows which networks of a table meet it.
Condition = tuple[str, Callable[[dict[str, Columns]], Booleans]]


def _draw_condition(family: str, usual: dict[str, Columns], rng: np.random.Generator) -> Condition:
    """Draw a condition of a family: a fact equals a value that some network has, or is beyond it."""
    names = list(usual[family])
    name = names[rng.integers(len(names))]
    column = usual[family][name]
    sample = column[rng.integers(len(column), size=64)]
    sample = sample[~np.isnan(sample)]
    if not sample.size:
        return f"no {name}", lambda table: np.isnan(table[family].get(name, np.zeros(1)))
    # The end of a few, of many, of all: thresholds that are rare to common.
    sample = sample[: int(2 ** rng.uniform(0, 6))] if rng.random() < 1 / 2 else column[~np.isnan(column)]
    upper = bool(rng.integers(2))
    if family == "magnitude":
        rank = int(len(sample) * 2.0 ** -rng.uniform(3, 13))
        ranks = np.partition(sample, [rank, len(sample) - 1 - rank])
        value, compare = (ranks[-1 - rank], operator.ge) if upper else (ranks[rank], operator.le)
    elif len(np.unique(column)) <= FEW and rng.random() < 1 / 2:
        value, compare = sample[0], operator.eq
    else:
        value, compare = (np.max(sample), operator.ge) if upper else (np.min(sample), operator.le)
    sign = {operator.eq: "==", operator.ge: ">=", operator.le: "<="}[compare]
    return f"{name} {sign} {value:.4g}", lambda table: np.asarray(compare(table[family].get(name, np.nan), value))


DEEP, TWO = "one, of networks so deep", "any two"


def draw_conditions(usual: dict[str, Columns], rng: np.random.Generator) -> Iterator[tuple[str, list[Condition]]]:
    """Yield without end: a condition of each family, one of each with a least depth, and any two."""
    families = list(usual)
    while True:
        for family in families:
            yield family, [_draw_condition(family, usual, rng)]
            depth = int(rng.integers(1, int(np.max(usual["size"]["depth"])) + 1))
            deep = (f"depth >= {depth}", lambda table, depth=depth: table["size"]["depth"] >= depth)
            yield DEEP, [_draw_condition(family, usual, rng), deep]
        first, second = (str(name) for name in rng.choice(families, 2))
        yield TWO, [_draw_condition(first, usual, rng), _draw_condition(second, usual, rng)]


def draw_faults(revision: NetworksRevision, number: int, networks: int, seed: int) -> list[Fault]:
    """Draw so many faults of each family and band of rates, and see whether the revision's networks find them."""
    assignment = revision.assignment
    usual = tabulate(list(islice(ordinary(assignment, SEED), networks)), assignment.formulas)
    suite = tabulate(revision.suite.networks, assignment.formulas)
    wanted = {(family, band): number for family in (*usual, DEEP, TWO) for band in BANDS}
    faults, names = [], set()
    for family, conjunction in islice(draw_conditions(usual, np.random.default_rng(seed)), ATTEMPTS):
        rate = float(np.mean(_meets(conjunction, usual)))
        name = " and ".join(sorted(words for words, _ in conjunction))
        band = next((band for band in BANDS if band[0] <= rate < band[1]), None)
        if band is None or not wanted[family, band] or name in names:
            continue
        names.add(name)
        wanted[family, band] -= 1
        faults.append(Fault(family, name, rate, bool(_meets(conjunction, suite).any())))
        if not any(wanted.values()):
            break
    return faults


def _meets(conjunction: Sequence[Condition], table: dict[str, Columns]) -> Booleans:
    return np.asarray(np.all([meets(table) for _, meets in conjunction], axis=0))


def _count_found(faults: Sequence[Fault]) -> str:
    return f"{sum(fault.is_found for fault in faults)} of {len(faults)}"


def main() -> None:
    """Print how many of each band are found, and those that are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?", default="udl-7.2", help="a shipped assignment, or a .npz file")
    parser.add_argument("--each", type=int, default=20, help="faults of each family and band")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="networks that rates are measured on")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    options = parser.parse_args()
    if options.revision.endswith(".npz"):
        with open(options.revision, "rb") as file:  # noqa: PTH123 - a name as it was given
            revision = load(file.read(), options.revision)
    else:
        revision = load_packaged(options.revision)
    faults = draw_faults(revision, options.each, options.networks, options.seed)
    print(_render_table(faults, options.networks, len(revision.suite)))
    print()
    for fault in sorted(faults, key=lambda fault: -fault.rate):
        if not fault.is_found:
            print(f"- {fault.family}, {100 * fault.rate:.2f} %: {fault.name}")


def _render_table(faults: Sequence[Fault], networks: int, size: int) -> str:
    """Return the table of faults found by a suite of this size, beside what as many random networks would find."""
    families = [family for family in dict.fromkeys(fault.family for fault in faults) if family not in {DEEP, TWO}]
    headings = [*families, "all of these", "at random", DEEP, "at random", TWO, "at random"]
    rows = []
    for low, high in BANDS:
        band = [fault for fault in faults if low <= fault.rate < high]
        cells = [_count_found([fault for fault in band if fault.family == family]) for family in families]
        for group in (families, (DEEP,), (TWO,)):
            members = [fault for fault in band if fault.family in group]
            chance = sum(1 - (1 - fault.rate) ** size for fault in members) / max(len(members), 1)
            cells += [_count_found(members), f"{100 * chance:.0f} %"]
        rows.append([f"{100 * low:g} to {100 * high:g} %", *cells])
    return render_markdown([f"wrong on, of {networks:,}", *headings], rows)


if __name__ == "__main__":
    main()
