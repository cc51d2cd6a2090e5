"""Which entries of what came back are wrong, and how far: an answer beside what should have come, layer by layer."""

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
    """One entry: a number, its shade from -4 to 4 (None where it is not finite), and whether it is wrong."""

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
        """How many entries it has."""
        return len(self.expected) * len(self.expected[0]) if self.expected else 0

    @property
    def wide(self) -> bool:
        """Whether its numbers do not fit on a page side by side."""
        return bool(self.expected) and len(self.expected[0]) > _MOST_BESIDE


#: Columns of a map that are shown in the usual size.
_MOST_BESIDE = 4


def compared(example: Mapping[str, Any]) -> list[Array]:
    """Every array, from the output down as backpropagation goes; empty where no arrays came back."""
    return [] if example["actual"] is None else list(_arrays(example, example["expected"], example["actual"]))


def _arrays(example: Mapping[str, Any], expected: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[Array]:
    biggest = max(
        (abs(each) for part in ("weights", "biases") for rows in expected[part] for each in _flat(rows)), default=0
    )
    for k in range(example["depth"], -1, -1):
        for part in ("biases", "weights"):
            first = example["index"] if (example["parameter"], example["layer"]) == (part, k) else None
            right, given = expected[part][k], actual[part][k]
            wrong = [
                [_differ(e, a, biggest) or [i, j] == first for j, (e, a) in enumerate(zip(*rows, strict=True))]
                for i, rows in enumerate(zip(right, given, strict=True))
            ]
            yield _array(f"all_dl_d{part}[{k}]", (part, k), right, given, wrong)


def compared_results(example: Mapping[str, Any]) -> list[Array]:
    """Every result of a case; empty where no arrays came back."""
    return [_result(each) for each in example["results"] if each["actual"] is not None]


def _result(result: Mapping[str, Any]) -> Array:
    depth = len(result["shape"])
    right, given = _rows(result["expected"], depth), _rows(result["actual"], depth)
    biggest = max((abs(each) for each in _flat(right)), default=0)
    # What is inconclusive is null, and only what is not finite is wrong there.
    wrong = [
        [a is None or (e is not None and _differ(e, a, biggest)) for e, a in zip(*rows, strict=True)]
        for rows in zip(right, given, strict=True)
    ]
    return _array(str(result["name"]), None, right, given, wrong if result["wrong"] else _none(wrong))


def _rows(values: Any, depth: int) -> Numbers:
    """Nested lists of any depth as rows."""
    if depth < 2:
        return [values] if depth else [[values]]
    return values if depth == 2 else [row for part in values for row in _rows(part, depth - 1)]


def _none(wrong: list[list[bool]]) -> list[list[bool]]:
    return [[False] * len(row) for row in wrong]


def _array(name: str, place: tuple[str, int] | None, right: Numbers, given: Numbers, wrong: list[list[bool]]) -> Array:
    scale = max((abs(each) for rows in (right, given) for each in _flat(rows)), default=0.0)
    gaps = [[_gap(e, a) for e, a in zip(*rows, strict=True)] for rows in zip(right, given, strict=True)]
    # What is wrong is seen however small it is; the noise of what is right stays pale.
    furthest = max((abs(each) for each in _flat(gaps)), default=0.0) if any(map(any, wrong)) else scale
    return Array(
        name,
        place,
        _cells(right, _none(wrong), scale),
        _cells(given, wrong, scale),
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
    return (each for row in rows for each in row if each is not None)
