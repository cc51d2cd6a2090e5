"""An author's mistakes as they are kept: four projections of each result, to recognise answers like theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed, Raised, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases

#: Projections of a result of a case. One of no more numbers than this is kept as it is.
PROJECTIONS = 4
#: The number in the place of one that is not finite.
_NOT_FINITE = 1.2345
#: The largest number of single precision, in round figures.
_LARGEST = 3e38


@dataclass(frozen=True, slots=True, eq=False)
class StoredMistake:
    """The stored part of a mistake: the cases on which it is wrong, and its answers for recognising it."""

    wrong: tuple[int, ...]
    #: By projection and result; NaN for a result that it does not have.
    projections: Array
    #: By case the form of the answers that were not all numbers.
    forms: Mapping[int, str] = field(default_factory=dict)


def describe_forms(answers: Sequence[Answer]) -> dict[int, str]:
    """Return by case what came in the place of numbers, the same for answers that are wrong alike."""
    forms = {}
    for i, answer in enumerate(answers):
        match answer:
            case Returned():
                continue
            case Malformed(where=where, received=received):
                forms[i] = f"{where} {None if received is None else (received.shape or received.type)}"
            case Raised(type=name):
                forms[i] = name
    return forms


class Projector:
    """The projections of the results of some cases: sums with weights that are fixed for good."""

    def __init__(self, cases: ContractCases) -> None:
        """Make the weights ready."""
        parts = [(i, place.result, part) for i, place, part in cases.slices() if place.size]
        #: Of each result the case and the place of its declaration.
        self.cases = np.array([i for i, _, _ in parts], np.intp)
        self.results = np.array([result for _, result, _ in parts], np.intp)
        self._starts = np.array([part.start for _, _, part in parts], np.intp)
        self._sizes = np.array([part.stop - part.start for _, _, part in parts], np.intp)
        #: Inconclusive numbers are left out.
        self._weights = np.where(np.isnan(cases.expected), 0.0, _weights(np.arange(cases.starts[-1], dtype=np.uint64)))
        self._keep_small(np.isnan(cases.expected))
        #: The tolerance of each projection of a right answer.
        self.tolerances = self._sum(np.where(np.isfinite(cases.tolerances), cases.tolerances, 0.0), absolute=True)

    def _keep_small(self, unknown: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
        offsets = np.arange(PROJECTIONS)
        for start, size in zip(self._starts, self._sizes, strict=True):
            if size <= PROJECTIONS:
                own = slice(start, start + size)
                self._weights[:, own] = (offsets[:, None] == offsets[:size]) & ~unknown[own]

    def project(self, numbers: Array, forms: Mapping[int, str]) -> Array:
        """Return the projections, by projection and result; NaN for a result that an answer in parts lacks."""
        sums = self._sum(np.where(np.isfinite(numbers), numbers, _NOT_FINITE))
        if forms and len(sums.T):
            lacking = np.logical_and.reduceat(np.isnan(numbers), self._starts)
            sums[:, lacking & np.isin(self.cases, list(forms))] = np.nan
        return np.clip(sums, -_LARGEST, _LARGEST)

    def sizes(self, numbers: Array) -> Array:
        """Return the sum of the absolute values that each projection is made of."""
        return self._sum(np.abs(np.where(np.isfinite(numbers), numbers, _NOT_FINITE)), absolute=True)

    def _sum(self, numbers: Array, *, absolute: bool = False) -> Array:
        weights = np.abs(self._weights) if absolute else self._weights
        if not len(self._starts):
            return np.zeros((PROJECTIONS, 0))
        sums: Array = np.add.reduceat(weights * numbers, self._starts, axis=1)
        return sums


def _weights(places: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> Array:
    """Return weights from -1 to 1 for numbers: splitmix64 of their places, alike in all versions of NumPy."""
    each = np.arange(1, PROJECTIONS + 1, dtype=np.uint64)
    state = (np.uint64(PROJECTIONS) * places[:, None] + each) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return (state.astype(np.float64) / 2.0**63 - 1).T.copy()
