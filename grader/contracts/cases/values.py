"""Values of inputs by their kind: float32-representable, so that courses in single precision see the same numbers."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.language.expressions import ExpressionError, evaluate

Generator = np.random.Generator
#: Real or whole numbers.
Values = np.ndarray[Any, Any]

#: Numbers in the inputs of one case, at most: 2 MiB; and axes of an array.
MOST_NUMBERS, MOST_AXES = 1 << 18, 8

#: The corner in which a part of the numbers is 0, and a ReLU may be at its kink.
ZEROS = "exact zeros"
#: The corners of normal values on purpose, in each array of an input by itself.
VARIED = ("large values", "small values", "uneven values", ZEROS, "one sign", "repeated values")

_CALL = re.compile(r"\s*([a-z0-9]+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def _normal(rng: Generator, shape: Sequence[int], mean: float = 0.0, sd: float = 1.0) -> Array:
    return rng.normal(mean, sd, shape)


def _uniform(rng: Generator, shape: Sequence[int], low: float = 0.0, high: float = 1.0) -> Array:
    return rng.uniform(low, high, shape)


def _labels(rng: Generator, shape: Sequence[int], classes: int) -> Values:
    return rng.integers(0, classes, shape)


def _onehot(rng: Generator, shape: Sequence[int], axis: int = -1) -> Array:
    """One 1 along an axis: the last one unless another is named."""
    if not (-len(shape) <= axis < len(shape) and shape[axis]):
        raise ValueError(f"its axis {axis} has no place for the 1")
    others = [size for at, size in enumerate(shape) if at != axis % len(shape)]
    chosen = np.zeros(shape)
    np.put_along_axis(chosen, np.expand_dims(rng.integers(0, shape[axis], others), axis), 1.0, axis)
    return chosen


def _binary(rng: Generator, shape: Sequence[int], p: float = 0.5) -> Array:
    return (rng.random(shape) < p).astype(np.float64)


def _mask(rng: Generator, shape: Sequence[int], keep: float = 0.5) -> Array:
    """Zeros, and 1 / keep for what is kept."""
    return (rng.random(shape) < keep) / keep


def _spread(rng: Generator, shape: Sequence[int], gap: float = 0.1) -> Array:
    """Values no two of which are closer than the gap, nor closer to zero than half of it."""
    size = int(np.prod(shape))
    places = rng.permutation(size) - size // 2
    return ((places + 0.5) * gap + rng.uniform(-0.2, 0.2, size) * gap).reshape(shape)


KINDS: Mapping[str, Callable[..., Values]] = MappingProxyType(
    {
        "normal": _normal,
        "uniform": _uniform,
        "labels": _labels,
        "onehot": _onehot,
        "binary": _binary,
        "mask": _mask,
        "spread": _spread,
    }
)


#: Numbers that a person reads at a glance, the simplest first, and the grids on which others of a range are sought.
SIMPLEST, _GRIDS = (1.0, -1.0, 2.0, -2.0, 3.0, -3.0), (1, 2, 4)
#: Standard deviations from the mean up to which normal values are taken to be usual.
_USUAL = 3.0


def _choose(rng: Generator, shape: Sequence[int], numbers: Sequence[float], variety: int) -> Array:
    return np.array(numbers)[rng.integers(0, min(variety, len(numbers)), shape)]


def _simple_normal(rng: Generator, shape: Sequence[int], mean: float = 0.0, sd: float = 1.0, *, variety: int) -> Array:
    numbers = SIMPLEST if mean == 0 else _list_simple(mean - _USUAL * sd, mean + _USUAL * sd)
    return _choose(rng, shape, numbers, variety) if numbers else _normal(rng, shape, mean, sd)


def _simple_uniform(
    rng: Generator, shape: Sequence[int], low: float = 0.0, high: float = 1.0, *, variety: int
) -> Array:
    numbers = _list_simple(low, high)
    return _choose(rng, shape, numbers, variety) if numbers else _uniform(rng, shape, low, high)


def _simple_spread(rng: Generator, shape: Sequence[int], gap: float = 0.1, *, variety: int) -> Array:
    """Whole numbers on both sides of zero, no two alike, and none of them zero; the more the variety, the larger."""
    size = math.prod(shape)
    places = 1 + np.arange(size + variety)
    signed = np.where(places % 2, 1, -1) * ((places + 1) // 2)
    return (rng.permutation(signed)[:size] * float(math.ceil(gap))).reshape(shape)


def _list_simple(low: float, high: float) -> list[float]:
    """Return up to six whole numbers between two, or halves or quarters if there are not two; the least ones first.

    None if there are not two quarters.
    """
    for grid in _GRIDS:
        least, most = math.floor(low * grid) + 1, math.ceil(high * grid) - 1
        nearest = min(max(0, least), most)
        window = range(max(least, nearest - len(SIMPLEST)), min(most, nearest + len(SIMPLEST)) + 1)
        numbers = sorted((place / grid for place in window if place), key=lambda number: (abs(number), -number))
        if len(numbers) > 1:
            return numbers[: len(SIMPLEST)]
    return []


#: The kinds of which there are simple numbers.
SIMPLER: Mapping[str, Callable[..., Values]] = MappingProxyType(
    {"normal": _simple_normal, "uniform": _simple_uniform, "spread": _simple_spread}
)


def parse(text: str) -> tuple[str, str]:
    """Return a kind and its arguments' text; raises ExpressionError for a kind that there is not."""
    match = _CALL.fullmatch(text)
    if match is None or match[1] not in KINDS:
        raise ExpressionError(f"{text!r} is no kind of values")
    return match[1], match[2] or ""


def can_vary(text: str) -> bool:
    """Return True if there are values of this kind on purpose; raises ExpressionError."""
    return parse(text)[0] == "normal"


def _vary(values: Array, corner: str, rng: Generator) -> Array:
    """Return normal values as a corner has them: one of VARIED, else as they are.

    They grow by little: right code may overflow in another place than the reference.
    """
    varied = values
    match corner:
        case "large values":
            varied = values * 4.0
        case "small values":
            varied = values / 16.0
        case "uneven values":
            varied = values * 2.0 ** rng.uniform(-8.0, 2.0)
        case _ if corner == ZEROS:
            part = rng.choice([0.0, 0.25, 1.0], p=[0.5, 0.4, 0.1])
            varied = np.where(rng.random(values.shape) < part, 0.0, values)
        case "one sign":
            varied = (np.abs(values), -np.abs(values), values)[rng.integers(3)]
        case "repeated values" if values.size:
            varied = rng.choice(values.ravel()[: rng.integers(1, values.size + 1)], values.shape)
        case _:
            pass
    return np.asarray(varied)


def draw(  # noqa: PLR0913 - what is drawn, and how
    text: str, shape: Sequence[int], rng: Generator, dims: Mapping[str, Any], corner: str = "", variety: int = 0
) -> Values:
    """Return values of a kind, such as `uniform(0.5, 2)`; raises ExpressionError.

    Of a corner they may be values on purpose. With a variety they are so many simple numbers, if the kind has such.
    """
    kind, arguments = parse(text)
    given = evaluate(f"[{arguments}]", dims)
    try:
        with np.errstate(all="ignore"):
            # Of a shape without axes, NumPy may return a number.
            make = partial(SIMPLER[kind], variety=variety) if variety and kind in SIMPLER else KINDS[kind]
            values = np.asarray(make(rng, shape, *given))
            if can_vary(text):
                values = _vary(values, corner, rng)
            # What a student is given has few digits.
            values = values if values.dtype.kind == "i" else values.astype(np.float32).astype(np.float64)
    except (ArithmeticError, TypeError, ValueError, IndexError) as error:
        message = f"{text!r} cannot be drawn with the shape {tuple(shape)}: {error}"
        raise ExpressionError(message) from error
    if not np.isfinite(values).all():
        raise ExpressionError(f"{text!r} gives numbers that are not finite, or too large for single precision")
    return values


def shape_of(text: str, dims: Mapping[str, Any]) -> list[int]:
    """Return the shape that a text such as `N *d H//2` gives with these dims; raises ExpressionError."""
    shape: list[int] = []
    for part in text.split():
        spread = part.startswith("*")
        sizes = evaluate(part.removeprefix("*"), dims)
        if spread and not isinstance(sizes, list):
            raise ExpressionError(f"{part!r} of the shape {text!r} is {sizes!r}: * is for a list of sizes")
        for size in sizes if spread else [sizes]:
            if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= 4096:
                raise ExpressionError(f"{part!r} of the shape {text!r} is {size!r}: a size is from 0 to 4096")
            shape.append(size)
    if len(shape) > MOST_AXES or math.prod(shape) > MOST_NUMBERS:
        raise ExpressionError(f"the shape {text!r} has more than {MOST_NUMBERS:,} numbers, or than {MOST_AXES} axes")
    return shape
