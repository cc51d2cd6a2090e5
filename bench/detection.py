"""`python -m bench.detection`: how many rare faults the shipped networks find, by how rarely they show.

A fault is a condition on a network: on networks that meet it some derivative is wrong, on all others none is. Its rate
is measured on ordinary networks (every size of a range as likely, every value normal); it is found if a network of the
suite meets it. Conditions are drawn at random from families: sizes, shapes, signs, magnitudes, dead units; and any two
of these that need not have to do with each other. Nothing here is shared with what chooses the networks.
"""

import argparse
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from grader.model.formulas import Formulas
from grader.oracle.network import Network, forward
from grader.oracle.reference import gradient
from grader.subjects.networks.ordinary import ordinary
from grader.subjects.networks.revision import NetworksRevision, load
from tests.networks import load_packaged

#: Networks on which rates are measured, and the seed that draws them: none that a suite is chosen by.
NETWORKS, SEED = 10_000, 1_000_003

#: Rates that are looked at, as parts of one; a fault at the upper end is wrong on one network in twenty.
BANDS = ((0.01, 0.05), (0.005, 0.01), (0.002, 0.005), (0.001, 0.002))

#: A number that takes no more values than this may be asked for exactly; of others only what is beyond a threshold.
FEW = 16

#: Places counted from either end at which sizes, signs and magnitudes are looked at.
PLACES = 3

#: Faults that are tried for each that is wanted in a band; a family may have no more of one.
ATTEMPTS = 40_000

Facts = dict[str, float]
Columns = dict[str, NDArray[np.float64]]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """A condition on networks, by name, with the part of ordinary networks that meet it."""

    family: str
    name: str
    rate: float
    found: bool


def _places(depth: int) -> Iterator[tuple[str, int]]:
    """Names of layers 0 to `depth`, counted from the input and from the output."""
    for n in range(min(PLACES, depth + 1)):
        yield f"[{n}]", n
        yield f"[K-{n}]", depth - n


def facts(network: Network, formulas: Formulas) -> dict[str, Facts]:
    """What is true of a network, by family. A layer that it does not have is left out."""
    at = forward(network, formulas)
    parts = gradient(network, formulas, at)
    depth, sizes = network.depth, network.sizes
    x, y, output = network.net_input, network.y, at.f[-1]
    found: dict[str, Facts] = defaultdict(dict)
    size = found["size"]
    size |= {"depth": depth, "inputs": sizes[0], "outputs": sizes[-1], "units": sum(sizes[1:-1])}
    size |= {"widest": max(sizes[1:-1], default=0), "narrowest": min(sizes[1:-1], default=0)}
    shape = found["shape"]
    shape["equal neighbours"] = sum(a == b for a, b in pairwise(sizes))
    shape["equal weight shapes"] = depth + 1 - len(set(pairwise(sizes)))
    shape["palindrome"] = sizes == sizes[::-1]
    shape["wider on every layer"] = all(a < b for a, b in pairwise(sizes[1:-1])) and depth > 1
    shape["narrower on every layer"] = all(a > b for a, b in pairwise(sizes[1:-1])) and depth > 1
    shape["ends alike"] = sizes[0] == sizes[-1]
    dead = found["dead"]
    off = [int((f <= 0).all(axis=1).sum()) for f in at.f[:-1]]
    dead["dead units"] = sum(off)
    dead["dead layers"] = sum(n == len(f) for n, f in zip(off, at.f, strict=False))
    dead["layers without a dead unit"] = sum(n == 0 for n in off)
    dead["layers of one active unit"] = sum(n == len(f) - 1 for n, f in zip(off, at.f, strict=False))
    sign, magnitude = found["sign"], found["magnitude"]
    for name, part in (("x", x), ("y", y), ("output", output), ("error", output - y)):
        sign |= _signs(name, part)
        magnitude |= {f"largest {name}": float(np.abs(part).max()), f"least {name}": float(np.abs(part).min())}
    for name, k in _places(depth):
        weights, biases = network.weights[k], network.biases[k]
        size[f"rows of W{name}"], size[f"columns of W{name}"] = weights.shape
        size[f"entries of W{name}"] = weights.size
        shape[f"rows less columns of W{name}"] = weights.shape[0] - weights.shape[1]
        sign |= {**_signs(f"W{name}", weights), **_signs(f"b{name}", biases), **_signs(f"f{name}", at.f[k])}
        for what, part in (
            ("W", weights),
            ("b", biases),
            ("f", at.f[k]),
            ("dW", parts[2 * k]),
            ("db", parts[2 * k + 1]),
        ):
            magnitude[f"largest {what}{name}"] = float(np.abs(part).max())
            magnitude[f"least {what}{name}"] = float(np.abs(part).min())
        if k < depth:
            dead[f"dead units of f{name}"] = off[k]
            dead[f"active units of f{name}"] = len(at.f[k]) - off[k]
            dead[f"first unit of f{name} active"] = bool((at.f[k][0] > 0).any())
            dead[f"last unit of f{name} active"] = bool((at.f[k][-1] > 0).any())
    magnitude["loss"] = float(((output - y) ** 2).sum())
    return found


def _signs(name: str, part: NDArray[np.float64]) -> Facts:
    return {
        f"negative {name}": int((part < 0).sum()),
        f"positive {name}": int((part > 0).sum()),
        f"sign of the sum of {name}": float(np.sign(part.sum())),
    }


def tabulated(networks: Sequence[Network], formulas: Formulas) -> dict[str, Columns]:
    """One column for each fact, NaN where a network has none."""
    rows = [facts(network, formulas) for network in networks]
    families = {family: sorted({name for row in rows for name in row[family]}) for family in rows[0]}
    return {
        family: {name: np.array([row[family].get(name, np.nan) for row in rows], dtype=float) for name in names}
        for family, names in families.items()
    }


#: A condition: its words, and what it says of a table of networks.
Condition = tuple[str, Callable[[dict[str, Columns]], Booleans]]


def _condition(family: str, usual: dict[str, Columns], rng: np.random.Generator) -> Condition:
    """One condition of a family: a fact equals a value that some network has, or is beyond it."""
    names = list(usual[family])
    name = names[rng.integers(len(names))]
    column = usual[family][name]
    some = column[rng.integers(len(column), size=64)]
    some = some[~np.isnan(some)]
    if not some.size:
        return f"no {name}", lambda table: np.isnan(table[family].get(name, np.zeros(1)))
    # The end of a few, of many, of all: thresholds that are rare to common.
    some = some[: int(2 ** rng.uniform(0, 6))] if rng.random() < 1 / 2 else column[~np.isnan(column)]
    upper = bool(rng.integers(2))
    if family == "magnitude":
        place = int(len(some) * 2.0 ** -rng.uniform(3, 13))
        ordered = np.partition(some, [place, len(some) - 1 - place])
        value, compare = (ordered[-1 - place], operator.ge) if upper else (ordered[place], operator.le)
    elif len(np.unique(column)) <= FEW and rng.random() < 1 / 2:
        value, compare = some[0], operator.eq
    else:
        value, compare = (np.max(some), operator.ge) if upper else (np.min(some), operator.le)
    sign = {operator.eq: "==", operator.ge: ">=", operator.le: "<="}[compare]
    return f"{name} {sign} {value:.4g}", lambda table: np.asarray(compare(table[family].get(name, np.nan), value))


DEEP, TWO = "one, of networks so deep", "any two"


def conditions(usual: dict[str, Columns], rng: np.random.Generator) -> Iterator[tuple[str, list[Condition]]]:
    """Without end: a condition of each family, one of each with a depth or a depth or more, and any two."""
    families = list(usual)
    while True:
        for family in families:
            yield family, [_condition(family, usual, rng)]
            depth = int(rng.integers(1, int(np.max(usual["size"]["depth"])) + 1))
            beyond = (f"depth >= {depth}", lambda table, depth=depth: table["size"]["depth"] >= depth)
            yield DEEP, [_condition(family, usual, rng), beyond]
        first, second = (str(name) for name in rng.choice(families, 2))
        yield TWO, [_condition(first, usual, rng), _condition(second, usual, rng)]


def faults(revision: NetworksRevision, each: int, networks: int, seed: int) -> list[Fault]:
    """For each family and band of rates `each` faults at random, and whether the revision's networks find them."""
    assignment = revision.assignment
    usual = tabulated(list(islice(ordinary(assignment, SEED), networks)), assignment.formulas)
    suite = tabulated(revision.suite.networks, assignment.formulas)
    wanted = {(family, band): each for family in (*usual, DEEP, TWO) for band in BANDS}
    chosen, names = [], set()
    for family, row in islice(conditions(usual, np.random.default_rng(seed)), ATTEMPTS):
        rate = float(np.mean(_meets(row, usual)))
        name = " and ".join(sorted(words for words, _ in row))
        band = next((band for band in BANDS if band[0] <= rate < band[1]), None)
        if band is None or not wanted[family, band] or name in names:
            continue
        names.add(name)
        wanted[family, band] -= 1
        chosen.append(Fault(family, name, rate, bool(_meets(row, suite).any())))
        if not any(wanted.values()):
            break
    return chosen


def _meets(row: Sequence[Condition], table: dict[str, Columns]) -> Booleans:
    return np.asarray(np.all([meets(table) for _, meets in row], axis=0))


def _share(row: Sequence[Fault]) -> str:
    return f"{sum(fault.found for fault in row)} of {len(row)}"


def main() -> None:
    """Print how many of each band are found, and those that are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?", default="udl-7.2", help="a shipped assignment, or a .npz file")
    parser.add_argument("--each", type=int, default=20, help="faults of each family and band")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="networks that rates are measured on")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    asked = parser.parse_args()
    if asked.revision.endswith(".npz"):
        with open(asked.revision, "rb") as file:  # noqa: PTH123 - a name as it was given
            revision = load(file.read(), asked.revision)
    else:
        revision = load_packaged(asked.revision)
    every = faults(revision, asked.each, asked.networks, asked.seed)
    size = len(revision.suite)
    families = [family for family in dict.fromkeys(fault.family for fault in every) if family not in {DEEP, TWO}]
    titles = [*families, "all of these", "at random", DEEP, "at random", TWO, "at random"]
    print(f"| wrong on, of {asked.networks:,} | {' | '.join(titles)} |")
    print(f"| --- |{' --- |' * len(titles)}")
    for low, high in BANDS:
        band = [fault for fault in every if low <= fault.rate < high]
        cells = [_share([fault for fault in band if fault.family == family]) for family in families]
        for kinds in (families, (DEEP,), (TWO,)):
            row = [fault for fault in band if fault.family in kinds]
            chance = sum(1 - (1 - fault.rate) ** size for fault in row) / max(len(row), 1)
            cells += [_share(row), f"{100 * chance:.0f} %"]
        print(f"| {100 * low:g} to {100 * high:g} % | {' | '.join(cells)} |")
    print()
    for fault in sorted(every, key=lambda fault: -fault.rate):
        if not fault.found:
            print(f"- {fault.family}, {100 * fault.rate:.2f} %: {fault.name}")


if __name__ == "__main__":
    main()
