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
        array = np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else _array(value)
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype.kind not in REAL:
        raise MalformedError(where, describe(value))
    return np.ndarray.astype(array, FLOAT, copy=False).tobytes()


def _array(entry: object) -> object:
    try:
        return np.asarray(entry)
    except (TypeError, ValueError):
        return None


def describe(value: object) -> dict[str, Any]:
    """Describe the value: its type, and its shape, dtype or length."""
    array = np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else None
    return {
        "type": clean(str(type(value).__name__), 200),
        "shape": None if array is None else list(array.shape),
        "dtype": None if array is None else clean(str(array.dtype), 200),
        "length": len(value) if isinstance(value, tuple | list) else None,
    }
