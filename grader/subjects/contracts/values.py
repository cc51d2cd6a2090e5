"""Values of inputs by their kind: float32-representable, so that courses in single precision see the same numbers."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from grader.oracle.cases import Array
from grader.subjects.contracts.expressions import ExpressionError, evaluate

Generator = np.random.Generator
#: Real or whole numbers.
Values = np.ndarray[Any, Any]

#: Numbers in the inputs of one case, at most: 2 MiB; and axes of an array.
MOST_NUMBERS, MOST_AXES = 1 << 18, 8

#: The corners of normal values on purpose, in each array of an input by itself.
VARIED = ("large values", "small values", "uneven values", "exact zeros", "one sign", "repeated values")

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
        case "exact zeros":
            part = rng.choice([0.0, 0.25, 1.0], p=[0.5, 0.4, 0.1])
            varied = np.where(rng.random(values.shape) < part, 0.0, values)
        case "one sign":
            varied = (np.abs(values), -np.abs(values), values)[rng.integers(3)]
        case "repeated values" if values.size:
            varied = rng.choice(values.ravel()[: rng.integers(1, values.size + 1)], values.shape)
        case _:
            pass
    return np.asarray(varied)


def draw(text: str, shape: Sequence[int], rng: Generator, dims: Mapping[str, Any], corner: str = "") -> Values:
    """Return values of a kind, such as `uniform(0.5, 2)`; raises ExpressionError."""
    kind, arguments = parse(text)
    given = evaluate(f"[{arguments}]", dims)
    try:
        with np.errstate(all="ignore"):
            # Of a shape without axes, NumPy may return a number.
            values = np.asarray(KINDS[kind](rng, shape, *given))
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
