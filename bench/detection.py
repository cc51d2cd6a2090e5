"""`python -m bench.detection`: how many rare faults the shipped cases find, by how rarely they show.

A fault is a condition on a network: on networks that meet it some derivative is wrong, on all others none is. Its rate
is measured on ordinary networks (every size of a range as likely, every value normal); it is found if a case meets it.
Conditions are drawn at random from families of facts and of patterns, and any two of these, related or not. None of it
is shared with what chooses the cases. Exit status: 1 if a fault at 1 % or more is not found.
"""

import argparse
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.settings import machine
from backmark.worker.grading.revisions import revision
from bench.network_facts import Columns, Facts, ReluNetwork, describe_network, tabulate
from bench.network_patterns import describe_patterns
from bench.ordinary import draw_ordinary
from bench.table import render_markdown

#: Networks on which rates are measured, and the seed that draws them: none that cases are chosen by.
NETWORKS, SEED = 10_000, 1_000_003

#: Bands of rates, as parts of one; and the rate from which a fault must be found.
BANDS = ((0.05, 0.3), (0.01, 0.05), (0.005, 0.01), (0.002, 0.005), (0.001, 0.002))
FREQUENT = 0.01

#: A condition may be an exact value of a fact that takes no more values than this; else it is a threshold.
FEW = 16

#: Faults that are tried; a band of a family may have fewer than are wanted.
ATTEMPTS = 40_000

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """A condition on networks, the share of ordinary networks that meet it, and whether one of the cases does."""

    family: str
    name: str
    rate: float
    is_found: bool


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


def read_networks(drawn: ContractRevision) -> list[ReluNetwork]:
    """Return the networks of a revision's cases."""
    inputs = [case.values() for case in drawn.cases.drawn]
    return [ReluNetwork(case["all_weights"], case["all_biases"], case["x"], case["y"]) for case in inputs]


def describe(network: ReluNetwork) -> dict[str, Facts]:
    """Return all that conditions are about, by family."""
    return {**describe_network(network), **describe_patterns(network)}


def draw_faults(cases: Sequence[ReluNetwork], number: int, networks: int, seed: int) -> list[Fault]:
    """Draw so many faults of each family and band of rates, and see whether the cases find them."""
    usual, suite = (tabulate(some, describe) for some in (list(islice(draw_ordinary(SEED), networks)), cases))
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
    parser.add_argument("revision", nargs="?", default="udl-7.2-contract", help="an assignment, or a .npz file")
    parser.add_argument("--each", type=int, default=20, help="faults of each family and band")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="networks that rates are measured on")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    options = parser.parse_args()
    drawn = revision(options.revision, machine.from_environment().cache)
    if not isinstance(drawn, ContractRevision):
        parser.error(f"{options.revision} is no contract")
    cases = read_networks(drawn)
    faults = draw_faults(cases, options.each, options.networks, options.seed)
    print(_render_table(faults, options.networks, len(cases)))
    print()
    missed = sorted((fault for fault in faults if not fault.is_found), key=lambda fault: -fault.rate)
    for fault in missed:
        print(f"- {fault.family}, {100 * fault.rate:.2f} %: {fault.name}")
    sys.exit(any(fault.rate >= FREQUENT for fault in missed))


def _render_table(faults: Sequence[Fault], networks: int, size: int) -> str:
    """Return the table of faults found by so many cases, beside what as many random networks would find."""
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
