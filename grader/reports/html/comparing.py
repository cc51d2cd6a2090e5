"""An answer beside the expected arrays: the entries that the judge found wrong, and how far off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from backmark.grader.model.counterexample import CaseCounterexample, CaseResult, Numbers

Mask = Sequence[Sequence[bool]]

#: Shades of a heat map on each side of zero.
_SHADES = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """An entry: its number, its shade from -4 to 4 (None if the number is not finite), and a mark if it is wrong."""

    value: float | None
    shade: int | None
    wrong: bool


@dataclass(frozen=True, slots=True)
class Array:
    """One array of a counterexample: three maps of the same shape, of more axes the last across and all others down."""

    #: As the student's code calls it, and the input of which it is the gradient, if it is one.
    name: str
    gradient_of: str | None
    expected: list[list[Cell]]
    actual: list[list[Cell]]
    difference: list[list[Cell]]
    #: The number of wrong entries.
    wrong: int

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self.expected) * len(self.expected[0]) if self.expected else 0

    @property
    def wide(self) -> bool:
        """True if its numbers do not fit on a page side by side."""
        return bool(self.expected) and len(self.expected[0]) > _MOST_BESIDE


#: Columns of a map that are shown in the usual size.
_MOST_BESIDE = 4


def compare(example: CaseCounterexample) -> list[Array]:
    """Return every result of a case that came back; a single number that is none is null too, and wrong."""
    came = (result for result in example.results if result.actual is not None or result.wrong)
    return [_compare_result(result) for result in came]


def _compare_result(result: CaseResult) -> Array:
    depth = len(result.shape)
    right, answer, wrong = (list_rows(v, depth) for v in (result.expected, result.actual, result.wrong_entries))
    scale = max((abs(value) for rows in (right, answer) for value in _flat(rows)), default=0.0)
    gaps = [[_gap(e, a) for e, a in zip(*rows, strict=True)] for rows in zip(right, answer, strict=True)]
    # What is wrong is seen however small it is; the noise of what is right stays pale.
    furthest = max((abs(value) for value in _flat(gaps)), default=0.0) if any(map(any, wrong)) else scale
    return Array(
        result.name,
        result.gradient_of,
        _cells(right, [[False] * len(row) for row in right], scale),
        _cells(answer, wrong, scale),
        _cells(gaps, wrong, furthest),
        sum(map(sum, wrong)),
    )


def list_rows(values: Any, depth: int) -> list[list[Any]]:
    """Return nested lists of any depth as rows."""
    if depth < 2:
        return [values] if depth else [[values]]
    return values if depth == 2 else [row for part in values for row in list_rows(part, depth - 1)]


def _cells(numbers: Numbers, wrong: Mask, scale: float) -> list[list[Cell]]:
    return [
        [Cell(value, _shade(value, scale), bad) for value, bad in zip(*rows, strict=True)]
        for rows in zip(numbers, wrong, strict=True)
    ]


def _shade(value: float | None, scale: float) -> int | None:
    if value is None:
        return None
    if not value or not scale:
        return 0
    level = max(1, min(_SHADES, round(_SHADES * (abs(value) / scale))))
    return level if value > 0 else -level


def _gap(expected: float | None, actual: float | None) -> float | None:
    """Return how far off a number is; None if that is not known, or larger than any number."""
    gap = inf if expected is None or actual is None else actual - expected
    return gap if isfinite(gap) else None


def _flat(rows: Numbers) -> Iterator[float]:
    return (value for row in rows for value in row if value is not None)
