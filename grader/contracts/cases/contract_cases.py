"""Cases of a contract that can be judged: inputs, the places of the results, and what is expected of each number."""

import ast
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from backmark.grader.contracts.cases import trees
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.drawn import DrawnCase


class ResultPlace(NamedTuple):
    """A result of one case: its expression there, the place of its declaration, its shape, and what it is."""

    expression: str
    result: int
    shape: tuple[int, ...]
    #: Of a gradient what it is taken by, such as `W[1]`; of a value the output.
    target: str

    @property
    def size(self) -> int:
        """The number of its numbers."""
        return math.prod(self.shape)


Layout = tuple[ResultPlace, ...]


@dataclass(frozen=True, eq=False)
class ContractCases:
    """Cases in order, with their expectations one after the other."""

    drawn: tuple[DrawnCase, ...]
    layouts: tuple[Layout, ...]
    expected: Array
    tolerances: Array
    #: Dims that the student's module has as names.
    provides: tuple[str, ...] = ()
    #: Of each tolerance the part that is for a small number within a logarithm; empty if there is none.
    allowances: Array = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.drawn)

    @cached_property
    def starts(self) -> list[int]:
        """The start of each case's numbers, and the end of the last one's."""
        return [0, *accumulate(sum(place.size for place in layout) for layout in self.layouts)]

    @cached_property
    def modules(self) -> list[Hashable]:
        """The dims that the student's module is executed with."""
        return [tuple(str(case.dims[name]) for name in self.provides) for case in self.drawn]

    def key(self, i: int) -> bytes:
        """Return the same for the same case, whatever it stands among."""
        return self.drawn[i].key()

    def take(self, places: Sequence[int]) -> "ContractCases":
        """Return the cases at these places, in this order."""
        starts = self.starts
        index = np.concatenate([np.zeros(0, np.intp), *(np.arange(starts[i], starts[i + 1]) for i in places)])
        taken = ContractCases(
            tuple(self.drawn[i] for i in places),
            tuple(self.layouts[i] for i in places),
            self.expected[index],
            self.tolerances[index],
            self.provides,
            self.allowances[index] if len(self.allowances) else self.allowances,
        )
        # Known already: counted anew, they take most of the time of explaining a wrong submission.
        vars(taken)["starts"] = [0, *accumulate(starts[i + 1] - starts[i] for i in places)]
        if "results" in vars(self):
            vars(taken)["results"] = self.results[index]
        return taken

    def join(self, *others: "ContractCases") -> "ContractCases":
        """Return the cases, and the others after them."""
        every = (self, *others)
        return ContractCases(
            tuple(case for cases in every for case in cases.drawn),
            tuple(layout for cases in every for layout in cases.layouts),
            np.concatenate([cases.expected for cases in every]),
            np.concatenate([cases.tolerances for cases in every]),
            self.provides,
            _join_allowances(every),
        )

    def slices(self) -> Iterator[tuple[int, ResultPlace, slice]]:
        """Yield for each result of each case the case's place, the result's, and where its numbers are."""
        start = 0
        for i, layout in enumerate(self.layouts):
            for place in layout:
                yield i, place, slice(start, start + place.size)
                start += place.size

    def contain_any(self, numbers: "np.ndarray[tuple[int], np.dtype[np.bool]]") -> list[bool]:
        """Return for each case True if any of its numbers is among these."""
        marked = np.zeros(len(self) + 1, bool)
        marked[np.searchsorted(self.starts, np.flatnonzero(numbers), "right") - 1] = True
        return [bool(mark) for mark in marked[: len(self)]]

    @cached_property
    def results(self) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """For each number the place of the declaration that it belongs to."""
        places = [place for layout in self.layouts for place in layout]
        return np.repeat(np.array([place.result for place in places], np.intp), [place.size for place in places])


def _join_allowances(every: Sequence[ContractCases]) -> Array:
    if not any(len(cases.allowances) for cases in every):
        return np.zeros(0)
    filled = (cases.allowances if len(cases.allowances) else np.zeros(len(cases.expected)) for cases in every)
    return np.concatenate(list(filled))


def locate_inputs(case: DrawnCase) -> dict[str, slice]:
    """Return for each input of a case where its numbers stand among the case's."""
    located, start = {}, 0
    for name, described in case.inputs.items():
        located[name] = slice(start, start + trees.count(described))
        start = located[name].stop
    return located


def bind_dims(dims: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Return the descriptions of dims as inputs of the call."""
    return {name: {"value": value} for name, value in dims.items()}


def list_expressions(cases: ContractCases) -> frozenset[str]:
    """Return all expressions that a result of the cases has, and those of lists that results are items of."""
    expressions = {place.expression for layout in cases.layouts for place in layout}
    return frozenset(expressions.union(*map(find_holders, expressions)))


@cache
def find_holders(expression: str) -> tuple[str, ...]:
    """Return the expressions in a result's that a whole number is the index of, from the outermost in: of `W[1]` `W`.

    What calls anything is none: it would be called once more.
    """
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    holders = [node.value for node in nodes if isinstance(node, ast.Subscript) and _is_whole(node.slice)]
    return tuple(
        ast.unparse(holder)
        for holder in holders
        if not any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in ast.walk(holder))
    )


def _is_whole(index: ast.expr) -> bool:
    return isinstance(index, ast.Constant) and type(index.value) is int
