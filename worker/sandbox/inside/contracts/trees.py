"""Values of any form as a flat row of numbers, which is all that leaves a jail.

Each value is its kind and what that needs: an array its dtype's letter, its number of axes, its shape and its entries;
a list, tuple or dictionary the number of its parts, and these; a text its length and its characters' numbers.
"""

from typing import Any

import numpy as np

NONE, BOOLEAN, INTEGER, NUMBER, TEXT, ARRAY, LIST, TUPLE, DICTIONARY = range(9)

#: Values inside of one another, at most; and numbers in all.
DEPTH, ENTRIES = 12, 1 << 20
#: The largest whole number that a float64 holds exactly.
_EXACT = 1 << 53


class UnknownValueError(TypeError):
    """A value that contracts cannot hand to students."""


def flatten(value: Any) -> list[float]:
    """Return the numbers of a value; raises UnknownValueError."""
    numbers: list[float] = []
    _flatten(value, numbers, DEPTH)
    return numbers


def _flatten(value: Any, numbers: list[float], depth: int) -> None:
    if depth == 0 or len(numbers) > ENTRIES:
        raise UnknownValueError("a value that is nested too deeply, or too large")
    if isinstance(value, (np.generic, np.ndarray)):
        _flatten_array(value, numbers)
    elif isinstance(value, (list, tuple)):
        numbers += [LIST if isinstance(value, list) else TUPLE, len(value)]
        for part in value:
            _flatten(part, numbers, depth - 1)
    elif isinstance(value, dict):
        numbers += [DICTIONARY, len(value)]
        for name, part in value.items():
            if not isinstance(name, (str, int)):
                raise UnknownValueError(f"a dictionary with a key that is a {type(name).__name__}")
            _flatten(name, numbers, depth - 1)
            _flatten(part, numbers, depth - 1)
    else:
        numbers += _flatten_plain(value)


def _flatten_plain(value: Any) -> list[float]:
    """Return the numbers of a value without parts."""
    if value is None:
        return [NONE]
    if isinstance(value, bool):
        return [BOOLEAN, value]
    if isinstance(value, int) and abs(value) <= _EXACT:
        return [INTEGER, value]
    if isinstance(value, float):
        return [NUMBER, value]
    if isinstance(value, str):
        return [TEXT, len(value), *map(ord, value)]
    raise UnknownValueError(f"a {type(value).__name__}" + (" that is too large" if isinstance(value, int) else ""))


def _flatten_array(value: Any, numbers: list[float]) -> None:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise UnknownValueError(f"an array of {array.dtype}")
    numbers += [ARRAY, ord(array.dtype.kind), array.ndim, *array.shape]
    numbers += array.astype(np.float64).ravel().tolist()
