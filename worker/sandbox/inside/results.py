"""Numbers of the requested shape, or a description of the value that came instead."""

from typing import Any

import numpy as np

from .tracebacks import clean

FLOAT = np.dtype("<f8")
#: NumPy's kinds that are real numbers: bool, integers, floats.
REAL = "biuf"


class MalformedError(Exception):
    """The returned value does not have the structure that was asked for."""

    def __init__(self, where: str, found: dict[str, Any]) -> None:
        super().__init__(where)
        self.where = where
        self.found = found


def numbers(value: object, where: str, shape: tuple[int, ...]) -> bytes:
    """Return an array's entries as float64; raises MalformedError, of `where`, if it has not this shape."""
    array = value
    if type(value) is not np.ndarray:
        # A subclass may lie about itself: its plain buffer does not.
        array = np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else _array(value, len(shape))
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype.kind not in REAL:
        raise MalformedError(where, describe(value))
    return np.ndarray.astype(array, FLOAT, copy=False).tobytes()


def _array(entry: object, axes: int) -> object:
    """Return an entry as an array; None if it makes none, or holds lists in more than so many others.

    NumPy reads a list that contains itself again and again.
    """
    try:
        return None if _is_deeper(entry, axes) else np.asarray(entry)
    except (TypeError, ValueError):
        return None


def _is_deeper(entry: object, levels: int) -> bool:
    if not isinstance(entry, (list, tuple)):
        return False
    return levels == 0 or any(_is_deeper(part, levels - 1) for part in entry)


def describe(value: object) -> dict[str, Any]:
    """Describe the value: its type, and its shape, dtype or length."""
    array = np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else None
    return {
        "type": clean(str(type(value).__name__), 200),
        "shape": None if array is None else list(array.shape),
        "dtype": None if array is None else clean(str(array.dtype), 200),
        "length": len(value) if isinstance(value, tuple | list) else None,
    }
