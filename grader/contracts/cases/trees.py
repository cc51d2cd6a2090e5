"""The flat rows of numbers that `worker/sandbox/inside/contracts/trees.py` makes of values, read in the worker.

They come out of a jail, so nothing of them is believed: raises ValueError for whatever is no such row.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array

NONE, BOOLEAN, INTEGER, NUMBER, TEXT, ARRAY, LIST, TUPLE, DICTIONARY = range(9)
#: Parts of one value, axes of an array, and values inside of one another, at most; whole numbers that are exact.
_PARTS, _AXES, _DEPTH, _EXACT = 1 << 16, 8, 16, 1 << 53
#: The dtype that an array of a kind has in a student's jail.
_DTYPES = {"f": "float64", "i": "int64", "u": "int64", "b": "bool"}
#: The least and the largest entry of an array of whole numbers or booleans.
_RANGES = {"i": (-_EXACT, _EXACT), "u": (0, _EXACT), "b": (0, 1)}

#: A description as the jail's `inputs` reads it.
Description = Mapping[str, Any]


@dataclass(slots=True)
class _RowReader:
    numbers: Sequence[float]
    at: int = 0

    def number(self) -> float:
        if self.at >= len(self.numbers):
            raise ValueError("the row ends within a value")
        self.at += 1
        return self.numbers[self.at - 1]

    def size(self, most: int) -> int:
        size = self.number()
        if not _is_whole(size, 0, most):
            raise ValueError("a size that is none")
        return int(size)


def _is_whole(number: float, least: int, most: int) -> bool:
    return least <= number <= most and number == number // 1


def read(row: Array) -> Any:
    """Return the value: arrays as arrays, all else as Python has it."""
    reader = _RowReader(row.tolist())
    value = _read(reader, _DEPTH)
    if reader.at != len(reader.numbers):
        raise ValueError("the row goes on after the value")
    return value


def _read(reader: _RowReader, depth: int) -> Any:
    if not depth:
        raise ValueError("values that are nested too deeply")
    kind = reader.size(DICTIONARY)
    if kind in _READERS:
        return _READERS[kind](reader)
    parts = [_read(reader, depth - 1) for _ in range(reader.size(_PARTS) * (2 if kind == DICTIONARY else 1))]
    if kind == DICTIONARY:
        names = parts[::2]
        if not all(isinstance(name, (str, int)) for name in names):
            raise ValueError("a dictionary with a key that is none")
        if len(set(names)) < len(names):
            raise ValueError("a dictionary with two values of one key")
        return dict(zip(names, parts[1::2], strict=True))
    return parts if kind == LIST else tuple(parts)


def _read_integer(reader: _RowReader) -> int:
    number = reader.number()
    if not _is_whole(number, -_EXACT, _EXACT):
        raise ValueError("a whole number that is none")
    return int(number)


def _read_text(reader: _RowReader) -> str:
    text = "".join(chr(reader.size(0x10FFFF)) for _ in range(reader.size(_PARTS)))
    # Half of a pair is no character, and can be written down nowhere.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a text that is none")
    return text


def _read_array(reader: _RowReader) -> Array:
    kind = chr(reader.size(0x7F))
    shape = [reader.size(len(reader.numbers)) for _ in range(reader.size(_AXES))]
    size = math.prod(shape)
    if kind not in _DTYPES or reader.at + size > len(reader.numbers):
        raise ValueError("an array that is none")
    entries = reader.numbers[reader.at : reader.at + size]
    reader.at += size
    if kind in _RANGES and not all(_is_whole(entry, *_RANGES[kind]) for entry in entries):
        raise ValueError("an array of whole numbers with some that are none")
    return np.array(entries, np.float64).reshape(shape).astype(_DTYPES[kind])


#: The readers of values without parts that may be of any form, by their kind.
_READERS: Mapping[int, Callable[[_RowReader], Any]] = MappingProxyType(
    {
        NONE: lambda _: None,
        BOOLEAN: lambda reader: bool(reader.size(1)),
        INTEGER: _read_integer,
        NUMBER: _RowReader.number,
        TEXT: _read_text,
        ARRAY: _read_array,
    }
)


def describe(value: Any) -> tuple[Description, Array]:
    """Return a value's description, as the jail's `inputs` reads it, and its numbers."""
    numbers: list[Array] = []
    described = _describe(value, numbers)
    return described, np.concatenate([np.zeros(0), *numbers])


def _describe(value: Any, numbers: list[Array]) -> Description:
    if isinstance(value, np.ndarray):
        numbers.append(value.astype(np.float64).ravel())
        described = {"array": list(value.shape)}
        return described if value.dtype == np.float64 else {**described, "dtype": str(value.dtype)}
    if isinstance(value, (list, tuple)) and _has_arrays(value):
        return {"list" if isinstance(value, list) else "tuple": [_describe(part, numbers) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[name, _describe(part, numbers)] for name, part in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [{"value": part} for part in value]}
    return {"value": value}


def _has_arrays(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_arrays, value))
    return isinstance(value, (np.ndarray, dict, tuple))


def make(described: Description, numbers: Array) -> Any:
    """Return the value of a description and its numbers."""
    value, _ = _make(described, numbers)
    return value


def _make(described: Description, rest: Array) -> tuple[Any, Array]:
    if "value" in described:
        return described["value"], rest
    if "array" in described:
        size = math.prod(described["array"])
        return rest[:size].astype(described.get("dtype", "float64")).reshape(described["array"]), rest[size:]
    if "dict" in described:
        items, rest = _make_parts([part for _, part in described["dict"]], rest)
        return dict(zip([key for key, _ in described["dict"]], items, strict=True)), rest
    kind = list if "list" in described else tuple
    items, rest = _make_parts(described["list" if kind is list else "tuple"], rest)
    return kind(items), rest


def _make_parts(parts: Sequence[Description], rest: Array) -> tuple[list[Any], Array]:
    items = []
    for part in parts:
        item, rest = _make(part, rest)
        items.append(item)
    return items, rest


def count(described: Description) -> int:
    """Count the numbers of a description."""
    if "array" in described:
        return math.prod(described["array"])
    if "dict" in described:
        return sum(count(part) for _, part in described["dict"])
    return sum(map(count, described.get("list", described.get("tuple", ()))))
