"""The search for numerical differentiation: gradients that jump by whole multiples of one quantum.

A difference quotient is the difference of two rounded numbers over a step: a whole multiple of their last bit over that
step. Inputs that are moved by a few units of rounding leave an analytic gradient where it is, to within a few units of
its own. A difference quotient jumps by whole multiples of that quantum, which all its entries share, and which has the
same digits in every case, since the step has. Code in single or half precision does not notice such a move, and
ill-conditioned code jumps by what no quantum divides.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Returned
from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases, locate_inputs
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.verdict import Flag

NUMERICAL = Flag("finite_differences", "computes its derivatives by finite differences")

#: Cases, how many of them must show a quantum, and how often and how far, in units of rounding, inputs are moved.
_CASES, _SHOWN, _MOVES, _FAR = 6, 3, 9, 3
#: The questions of those about the first case that every submission is asked.
_FIRST = 2
#: Numbers of gradients that such a case has if possible, and jumps that a quantum is found by.
_NUMBERS, _JUMPS = 24, 12
#: The tolerances of a well-conditioned array are within this part of its largest number.
_SHARP = 2e-5
#: The part of the largest number below which a gradient's numbers jump too seldom.
_SMALL = 1e-3
#: In units of rounding of the largest number: the least quantum, the least one that is a power of two, by which other
#: things round, too, and the greatest one, beyond which no derivative is left.
_LEAST, _LEAST_POWER, _MOST = 2.0**7, 2.0**9, 1e-4 * 2.0**52
#: The part of an input by which it may be off before single precision sees it.
_HIDDEN = 2.0**-26
#: The part of a quantum by which a jump may be off.
_OFF = 1 / 16
#: The part of a doubling by which the digits of two quanta may differ.
_SAME = 1e-3


class _Jumps(NamedTuple):
    """The jumps of a gradient as inputs are moved, in units of rounding of its largest number."""

    #: By move and number.
    sizes: Array
    #: For each number the place of its array.
    arrays: Array
    unit: float


class _Quantum(NamedTuple):
    """A number that the jumps of a gradient are multiples of."""

    #: The place of the gradient's declaration.
    result: int
    size: float
    #: The same in units of rounding of the gradient's largest number.
    units: float
    #: The number of arrays that jump.
    arrays: int

    def is_alike(self, other: "_Quantum") -> bool:
        """Return True if another one of the same gradient has the same digits."""
        return self.result == other.result and self.has_digits_of(other.size)

    def has_digits_of(self, other: float) -> bool:
        """Return True if another number is this one times a power of two."""
        apart = np.log2(self.size / other)
        return bool(abs(apart - round(apart)) < _SAME)


@dataclass(frozen=True)
class DifferencesTest:
    """Well-conditioned cases, each followed by itself with its inputs moved; none if there are too few."""

    assignment: ContractAssignment
    cases: ContractCases

    @property
    def first(self) -> ContractCases:
        """The questions that every submission is asked."""
        return self.cases.take(range(min(_FIRST, len(self.cases))))

    def jumps(self, answers: Sequence[Answer]) -> bool:
        """Return True if the answers to the first questions jump by more than rounding moves right code."""
        return any(np.any(jumps.sizes > _LEAST) for jumps in self._read(self.first, answers).values())

    def differentiates(self, answers: Sequence[Answer]) -> bool:
        """Return True if the jumps of a gradient are multiples of a quantum with the same digits in enough cases."""
        step = 1 + _MOVES
        shown = [
            self._find_quanta(self.cases.take(range(start, start + step)), answers[start : start + step])
            for start in range(0, len(self.cases), step)
        ]
        quanta = [quantum for by_gradient in shown for quantum in by_gradient if _is_shown(quantum, by_gradient)]
        return any(sum(map(quantum.is_alike, quanta)) >= _SHOWN for quantum in quanta)

    def _find_quanta(self, cases: ContractCases, answers: Sequence[Answer]) -> list[_Quantum]:
        """Return the quanta of the answers to a case and its moves."""
        quanta = []
        for result, jumps in self._read(cases, answers).items():
            units = find_quantum(jumps.sizes.ravel())
            if units is not None:
                jumping = np.unique(jumps.arrays[(jumps.sizes > units / 2).any(axis=0)])
                quanta.append(_Quantum(result, units * jumps.unit, units, len(jumping)))
        return quanta

    def _read(self, cases: ContractCases, answers: Sequence[Answer]) -> dict[int, _Jumps]:
        """Return by gradient how the answers to a case and its moves differ; none unless all are finite numbers."""
        returned = np.array([answer.numbers for answer in answers if isinstance(answer, Returned)])
        if not 1 < len(returned) == len(cases) or not np.isfinite(returned).all():
            return {}
        case = cases.take([0])
        arrays = np.concatenate([np.full(place.size, at) for at, (_, place, _) in enumerate(case.slices())])
        read = {}
        for result, declared in enumerate(self.assignment.results):
            numbers = returned[:, case.results == result]
            if declared.grad and numbers.any():
                unit = float(np.spacing(np.max(np.abs(numbers))))
                jumps = np.abs(np.diff(numbers, axis=0)) / unit
                read[result] = _Jumps(jumps, arrays[case.results == result], unit)
        return read


def _is_shown(quantum: _Quantum, beside: Collection[_Quantum]) -> bool:
    """Return True if a quantum, beside those of the same answers, is not that of sums and products.

    These round by powers of two: such a quantum must be larger, and shared by several arrays.
    """
    if not quantum.has_digits_of(1.0):
        return True
    return (
        quantum.units >= _LEAST_POWER and sum(other.arrays for other in beside if quantum.has_digits_of(other.size)) > 1
    )


def find_quantum(jumps: Array) -> float | None:
    """Return the largest number that all jumps are multiples of; None if it is too small, or if few are larger than 0.

    Jumps and quantum are in units of rounding of the largest number that jumps.
    """
    sizes = np.sort(jumps[jumps >= _LEAST / 2])
    if len(sizes) < _JUMPS:
        return None
    quantum = float(sizes[0])
    for count, size in enumerate(sizes, start=1):
        quantum = _divide(float(size), quantum)
        if quantum < _LEAST:
            return None
        # Each makes it more exact for the next.
        multiples = np.round(sizes[:count] / quantum)
        quantum = float(sizes[:count] @ multiples / (multiples @ multiples))
    off = np.abs(jumps - quantum * np.round(jumps / quantum))
    moved = np.count_nonzero(jumps > quantum / 2)
    return quantum if quantum <= _MOST and moved >= _JUMPS and np.all(off <= _OFF * quantum) else None


def _divide(a: float, b: float) -> float:
    """Return the greatest common divisor of two numbers that are known to within some rounding (Euclid)."""
    while b > _LEAST / 2:
        rest = a % b
        a, b = b, min(rest, b - rest)
    return a


def build_test(assignment: ContractAssignment, cases: ContractCases) -> DifferencesTest:
    """Return the test on the smallest well-conditioned cases that have enough gradients."""
    asked: list[ContractCases] = []
    # In single precision no input can be moved by so little.
    chosen = list(islice(_find_conditioned(assignment, cases), _CASES)) if assignment.dtype == "float64" else []
    if len(chosen) >= _SHOWN:
        rng = np.random.default_rng(assignment.seed)
        for start in (_prepare(assignment, case, rng) for case in chosen):
            asked += [start, *(_move(start, rng) for _ in range(_MOVES))]
    return DifferencesTest(assignment, cases.take([]).join(*asked))


def _find_conditioned(assignment: ContractAssignment, cases: ContractCases) -> Iterator[ContractCases]:
    """Yield well-conditioned cases that have as many gradients as half of all.

    Those come first whose gradients have about as many numbers as are wanted, without those that are far smaller than
    the largest.
    """
    declared = [bool(result.grad) for result in assignment.results]
    arrays = [sum(declared[place.result] for place in layout) for layout in cases.layouts]
    gradients = np.where(np.array(declared)[cases.results], np.abs(np.nan_to_num(cases.expected)), 0)
    numbers = [
        np.count_nonzero(part > _SMALL * np.max(part, initial=0.0)) for part in np.split(gradients, cases.starts[1:-1])
    ]
    enough = [i for i, count in enumerate(arrays) if numbers[i] and count >= np.median(arrays)]
    for i in sorted(enough, key=lambda i: abs(numbers[i] - _NUMBERS)):
        case = cases.take([i])
        if _is_conditioned(assignment, case):
            yield case


def _is_conditioned(assignment: ContractAssignment, case: ContractCases) -> bool:
    """Return True if rounding in single precision moves no gradient by much."""
    gradients = (part for _, place, part in case.slices() if assignment.results[place.result].grad)
    return all(
        np.all(case.tolerances[part] <= _SHARP * np.max(np.abs(case.expected[part]), initial=0.0)) for part in gradients
    )


def _prepare(assignment: ContractAssignment, case: ContractCases, rng: np.random.Generator) -> ContractCases:
    """Return the case as it is moved from.

    Inputs are off by a little that single precision does not see, so that none of what is computed of them lies halfway
    between two of its numbers. Upstream gradients are 1 or 1/2, signs kept: a sum over outputs has a quantum, too.
    """
    drawn = case.drawn[0]
    little = _HIDDEN * rng.uniform(0.25, 1.0, drawn.size)
    numbers = np.where(_is_fixed(drawn.numbers), drawn.numbers, drawn.numbers * (1 + little))
    located = locate_inputs(drawn)
    for name in assignment.upstream:
        values = numbers[located[name]]
        numbers[located[name]] = np.sign(values) * np.where(np.abs(values) < 1 / 2, 1 / 2, 1)
    return replace(case, drawn=(replace(drawn, numbers=numbers),))


def _move(case: ContractCases, rng: np.random.Generator) -> ContractCases:
    """Return the case with inputs moved by some units of rounding."""
    drawn = case.drawn[0]
    units = rng.integers(-_FAR, _FAR + 1, drawn.size)
    numbers = np.where(_is_fixed(drawn.numbers), drawn.numbers, drawn.numbers + units * np.spacing(drawn.numbers))
    return replace(case, drawn=(replace(drawn, numbers=numbers),))


def _is_fixed(numbers: Array) -> Booleans:
    """Return where numbers are whole or a half: they may be labels, and upstream gradients stay what they are."""
    return np.asarray(2 * numbers == np.round(2 * numbers))
