"""The comparison of an answer with the expected arrays, layer by layer: wrong entries, and how far off they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Numbers = list[list[float | None]]

#: As the counterexample's own script compares: relative, and of the largest number that is compared.
_RELATIVE, _ABSOLUTE = 5e-7, 1e-9
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

    #: As the student's code calls it.
    name: str
    #: Of a network, `weights` or `biases` and the layer.
    place: tuple[str, int] | None
    expected: list[list[Cell]]
    actual: list[list[Cell]]
    difference: list[list[Cell]]
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


def compare(example: Mapping[str, Any]) -> list[Array]:
    """Return every array, from the output down as backpropagation goes; none if no arrays came back."""
    return [] if example["actual"] is None else list(_arrays(example, example["expected"], example["actual"]))


def _arrays(example: Mapping[str, Any], expected: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[Array]:
    biggest = max(
        (abs(value) for part in ("weights", "biases") for rows in expected[part] for value in _flat(rows)), default=0
    )
    for k in range(example["depth"], -1, -1):
        for part in ("biases", "weights"):
            first = example["index"] if (example["parameter"], example["layer"]) == (part, k) else None
            right, answer = expected[part][k], actual[part][k]
            wrong = [
                [_differ(e, a, biggest) or [i, j] == first for j, (e, a) in enumerate(zip(*rows, strict=True))]
                for i, rows in enumerate(zip(right, answer, strict=True))
            ]
            yield _array(f"all_dl_d{part}[{k}]", (part, k), right, answer, wrong)


def compare_results(example: Mapping[str, Any]) -> list[Array]:
    """Return every result of a case that came back."""
    return [_result(result) for result in example["results"] if result["actual"] is not None]


def _result(result: Mapping[str, Any]) -> Array:
    depth = len(result["shape"])
    right, answer = _rows(result["expected"], depth), _rows(result["actual"], depth)
    biggest = max((abs(value) for value in _flat(right)), default=0)
    # What is inconclusive is null, and only what is not finite is wrong there.
    wrong = [
        [a is None or (e is not None and _differ(e, a, biggest)) for e, a in zip(*rows, strict=True)]
        for rows in zip(right, answer, strict=True)
    ]
    return _array(str(result["name"]), None, right, answer, wrong if result["wrong"] else _none(wrong))


def _rows(values: Any, depth: int) -> Numbers:
    """Return nested lists of any depth as rows."""
    if depth < 2:
        return [values] if depth else [[values]]
    return values if depth == 2 else [row for part in values for row in _rows(part, depth - 1)]


def _none(wrong: list[list[bool]]) -> list[list[bool]]:
    return [[False] * len(row) for row in wrong]


def _array(name: str, place: tuple[str, int] | None, right: Numbers, answer: Numbers, wrong: list[list[bool]]) -> Array:
    scale = max((abs(value) for rows in (right, answer) for value in _flat(rows)), default=0.0)
    gaps = [[_gap(e, a) for e, a in zip(*rows, strict=True)] for rows in zip(right, answer, strict=True)]
    # What is wrong is seen however small it is; the noise of what is right stays pale.
    furthest = max((abs(value) for value in _flat(gaps)), default=0.0) if any(map(any, wrong)) else scale
    return Array(
        name,
        place,
        _cells(right, _none(wrong), scale),
        _cells(answer, wrong, scale),
        _cells(gaps, wrong, furthest),
        sum(map(sum, wrong)),
    )


def _cells(numbers: Numbers, wrong: list[list[bool]], scale: float) -> list[list[Cell]]:
    return [
        [Cell(value, _shade(value, scale), bad) for value, bad in zip(*rows, strict=True)]
        for rows in zip(numbers, wrong, strict=True)
    ]


def _shade(value: float | None, scale: float) -> int | None:
    if value is None:
        return None
    if not value or not scale:
        return 0
    level = max(1, min(_SHADES, round(_SHADES * abs(value) / scale)))
    return level if value > 0 else -level


def _differ(expected: float | None, actual: float | None, biggest: float) -> bool:
    if expected is None or actual is None:
        return expected is not actual
    return abs(actual - expected) > _RELATIVE * abs(expected) + _ABSOLUTE * (1 + biggest)


def _gap(expected: float | None, actual: float | None) -> float | None:
    return None if expected is None or actual is None else actual - expected


def _flat(rows: Numbers) -> Iterator[float]:
    return (value for row in rows for value in row if value is not None)
