"""Claims about numbers: a factor on a result or on the part of one term or upstream gradient, and transposed arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.naming.claim import NumberClaim, slug
from backmark.grader.contracts.naming.factors import DimFactor, Factors
from backmark.grader.contracts.naming.group import Group, Indices

#: Numbers on which a claim must differ from what is right.
ENTRIES = 10
#: Values of each dim of a factor that there must be.
_VALUES = 2
#: Rounding of a prediction, relatively; and multiples of the tolerance above which a number says something of a factor.
_ROUNDING, _SHARP = 1e-7, 10.0

_TERM = "{name} is a sum of parts. How does each part enter the sum, and how often?"
TRANSPOSED = NumberClaim(
    "transposed", "transposed", "Work out one off-diagonal entry of {name} by hand. In which row does it belong?"
)


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction of a claim for each number of a group, and its exactness."""

    cases: ContractCases
    group: Group
    numbers: Array
    allowed: Array

    def holds(self, got: Array) -> bool:
        """Return True if it predicts every number."""
        known = np.isfinite(self.numbers)
        near = np.abs(got[self.group.index] - self.numbers) <= self.allowed
        return bool((near | ~known).all())

    def explains(self, entries: int = ENTRIES) -> bool:
        """Return True if it differs from what is right on enough numbers."""
        index = self.group.index
        apart = np.abs(self.numbers - self.cases.expected[index]) > self.allowed + self.cases.tolerances[index]
        return int(apart.sum()) >= entries


@dataclass(frozen=True, eq=False)
class _Part:
    """The part of a group's numbers that a factor is on: all of it, or what belongs to a term."""

    term: str
    numbers: Array

    def describe(self, factor: DimFactor) -> NumberClaim:
        if not self.term:
            return factor.claim
        claim, part = factor.claim, f"the part that comes from `{self.term}`"
        if not factor.multiple:
            return NumberClaim(f"without_{slug(self.term)}", f"without {part}", _TERM)
        if claim.id == "wrong_sign":
            return NumberClaim(f"{slug(self.term)}_wrong_sign", f"with the wrong sign of {part}", _TERM)
        return NumberClaim(f"{slug(self.term)}_{claim.id}", f"with {part} {claim.words}", _TERM)


def find_numeric(
    cases: ContractCases, factors: Factors, terms: Sequence[str], group: Group, got: Array
) -> list[NumberClaim]:
    """Return the claims that explain all numbers of a group; none if some are missing or not finite."""
    if not len(group.index) or not np.isfinite(got[group.index]).all() or _is_check(cases, group):
        return []
    claims = [
        part.describe(factor)
        for part in _list_parts(cases, terms, group)
        for factor in _find_factors(cases, factors, group, part.numbers, got)
    ]
    return claims + ([TRANSPOSED] if is_transposed(cases, group, got) else [])


def _is_check(cases: ContractCases, group: Group) -> bool:
    """Return True if the same number is right in every case: it is the contract's own, and no line computes it."""
    expected = cases.expected[group.index]
    return bool((expected == expected[0]).all())


def is_transposed(cases: ContractCases, group: Group, got: Array, entries: int = ENTRIES) -> bool:
    """Return True if the numbers that there are are those of the transposed arrays; square ones alone can be."""
    there = np.isfinite(got[group.index])
    if (group.reversed[there] < 0).any():
        return False
    index, turned = group.index[there], group.reversed[there]
    square = Group(group.row, group.name, index, group.cases[there], turned, group.places)
    allowed = cases.tolerances[index] + cases.tolerances[turned]
    prediction = Prediction(cases, square, cases.expected[turned], allowed)
    return prediction.holds(got) and prediction.explains(entries)


def _list_parts(cases: ContractCases, terms: Sequence[str], group: Group) -> Iterator[_Part]:
    known = np.isfinite(cases.expected[group.index])
    yield _Part("", np.where(known, cases.expected[group.index], 0.0))
    parts = [
        _Part(term, np.where(known, numbers[group.index], 0.0))
        for term, numbers in zip(terms, cases.terms, strict=False)
    ]
    present = [part for part in parts if (np.abs(part.numbers[known]) > cases.tolerances[group.index][known]).any()]
    if len(present) > 1:
        yield from present


def _find_factors(cases: ContractCases, factors: Factors, group: Group, part: Array, got: Array) -> Iterator[DimFactor]:
    """Yield the factors that explain all numbers if they are on this part alone."""
    index, number = group.index, group.cases
    expected, tolerance = cases.expected[index], cases.tolerances[index]
    known = np.isfinite(expected)
    if not known.all():
        index, number, part = index[known], number[known], part[known]
        expected, tolerance = expected[known], tolerance[known]
        group = Group(group.row, group.name, index, number, group.reversed[known], group.places)
    target = got[index] - (expected - part)
    fitted, doubt = _fit(len(cases), number, part, target, tolerance)
    if (np.abs(target - fitted[number] * part) > 2 * _allow(fitted[number], part, tolerance)).any():
        return
    near = np.abs(factors.values - fitted) <= doubt * np.maximum(1.0, np.abs(factors.values)) + _ROUNDING
    sharp = _cases_of(np.abs(part) > _SHARP * tolerance, number)
    for place in np.flatnonzero(near.all(axis=1)).tolist():
        factor, by_number = factors.factors[place], factors.values[place][number]
        prediction = Prediction(cases, group, expected + (by_number - 1) * part, _allow(by_number, part, tolerance))
        varied = all(len(np.unique(factors.named[name][sharp])) >= _VALUES for name in factor.names)
        if varied and prediction.holds(got) and prediction.explains():
            yield factor


def _fit(count: int, number: Indices, part: Array, target: Array, tolerance: Array) -> tuple[Array, Array]:
    """Return by case the factor on the part that fits best, and how far it may be off; a case without it fits any."""
    square = np.bincount(number, part * part, count)
    there = square > 0
    safe = np.where(there, square, 1.0)
    fitted = np.where(there, np.bincount(number, part * target, count) / safe, 0.0)
    allowed = _allow(fitted[number], part, tolerance)
    doubt = np.where(there, np.bincount(number, np.abs(part) * allowed, count) / safe, np.inf)
    return fitted, doubt


def _allow(factor: Array, part: Array, tolerance: Array) -> Array:
    """Return the tolerance of numbers with a factor on a part of them: the noise of what is right grows with it."""
    larger = np.maximum(1.0, np.abs(factor))
    return larger * (tolerance + _ROUNDING * np.abs(part))


def _cases_of(chosen: Booleans, number: Indices) -> Indices:
    return np.unique(number[chosen])
