"""What the judge is tested on: a small contract, made by hand: a sum and a cube of the products of two vectors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, ResultPlace
from backmark.grader.contracts.cases.drawn import ANY, SIMPLE, DrawnCase
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.assignment import ContractAssignment, ContractResult, Dim, Input

#: It is not run: answers come from `pairs.Ours`.
RIGHT = """
def spread(x, w):
    return np.sum(x * w), x[:, None, None] * w[None, :, None] * x[None, None, :]
"""

ASSIGNMENT = ContractAssignment(
    id="toy-1",
    title="Spread a vector",
    entries=("spread",),
    dims=(Dim("n", least=1, most=4),),
    inputs=(Input("x", "n"), Input("w", "n")),
    call="total, cube = spread(x, w)",
    results=(
        ContractResult("total", "total", "The total", value="total"),
        ContractResult("cube", "cube", "The cube", value="cube"),
    ),
    reference="",
    solution=RIGHT,
    mistakes=(),
    cases=30,
    seed=7,
    rubric={"total": 3, "cube": 5, "pure": 1},
)


def pair(x: Array, w: Array, corner: str = ANY) -> DrawnCase:
    """A case with these two vectors."""
    described = {"array": [len(x)]}
    return DrawnCase({"n": len(x)}, {"x": described, "w": described}, np.concatenate([x, w]), corner)


def read_pair(cases: ContractCases, i: int) -> tuple[Array, Array]:
    """The two vectors of a case."""
    x, w = np.split(cases.drawn[i].numbers, 2)
    return x, w


def find_right(cases: ContractCases, i: int) -> Array:
    """The numbers of a right answer, also the inconclusive ones."""
    x, w = read_pair(cases, i)
    return np.append(np.sum(x * w), (x[:, None, None] * w[None, :, None] * x[None, None, :]).ravel())


def make_cases(drawn: Sequence[DrawnCase], inconclusive: int | None = None) -> ContractCases:
    """The cases; in one of them the last number of the cube is inconclusive."""
    layouts = tuple(
        (
            ResultPlace("total", 0, (), "total"),
            ResultPlace("cube", 1, (case.dims["n"],) * 3, "cube"),
        )
        for case in drawn
    )
    none = np.zeros(0)
    bare = ContractCases(tuple(drawn), layouts, none, none)
    expected = np.concatenate([find_right(bare, i) for i in range(len(bare))])
    tolerances = 1e-9 * (1 + np.abs(expected))
    if inconclusive is not None:
        at = bare.starts[inconclusive + 1] - 1
        expected[at], tolerances[at] = np.nan, np.inf
    return replace(bare, expected=expected, tolerances=tolerances)


@dataclass(frozen=True, eq=False)
class Toy(ContractRevision):
    """A revision whose contract may be of another class."""

    made: type[Contract] = Contract

    @cached_property
    def contract(self) -> Contract:
        """The contract."""
        base = super().contract
        return self.made(base.assignment, base.cases, base.ladder, base.own_pass, base.make_diagnoser)


def draw_revision(made: type[Contract] = Contract, count: int = 30) -> Toy:
    """So many pairs, one of them with an inconclusive number; counterexamples are vectors of ones and twos."""
    rng = np.random.default_rng(ASSIGNMENT.seed)
    lengths = sorted((1, 2, 3, 4, 2)[i % 5] for i in range(count))
    cases = make_cases(
        [pair(rng.standard_normal(n), rng.standard_normal(n)) for n in lengths], inconclusive=min(20, count - 1)
    )
    ladder = make_cases([pair(np.ones(n), 2 * np.ones(n), SIMPLE) for n in range(1, 5)])
    return Toy(ASSIGNMENT, cases, ladder, cases.take([]), made=made)
