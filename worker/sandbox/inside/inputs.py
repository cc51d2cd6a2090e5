"""Inputs of a case out of their descriptions: arrays of the payload's numbers, in lists, tuples and dictionaries.

An input is described by `{"array": shape}`, whose entries are the next of the payload, and which may have another
`dtype` than float64; by `{"list": [...]}` or `{"tuple": [...]}` of such descriptions; by `{"dict": [[key, ...], ...]}`;
or by `{"value": ...}`, anything that JSON has.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np


def make_all(described: Mapping[str, dict[str, Any]], numbers: Any) -> dict[str, Any]:
    """Make the inputs anew, in memory of their own, by their names."""
    made = {}
    rest = numbers
    for name, description in described.items():
        made[name], rest = _make(description, rest)
    return made


def count(described: dict[str, Any]) -> int:
    """Count the numbers of the payload that an input takes."""
    if "array" in described:
        return int(np.prod(described["array"], dtype=np.int64))
    return sum(map(count, _parts(described)))


def are_same(now: Any, before: Any) -> bool:
    """Return True if an input is what it was before: of the same form, bit for bit."""
    if isinstance(before, (list, tuple)):
        return type(now) is type(before) and len(now) == len(before) and all(map(are_same, now, before))
    if isinstance(before, dict):
        return isinstance(now, dict) and now.keys() == before.keys() and all(are_same(now[k], before[k]) for k in now)
    if isinstance(before, np.ndarray):
        return isinstance(now, np.ndarray) and now.shape == before.shape and now.tobytes() == before.tobytes()
    return type(now) is type(before) and bool(now == before)


def _parts(described: dict[str, Any]) -> list[dict[str, Any]]:
    for holder in ("list", "tuple"):
        if holder in described:
            parts: list[dict[str, Any]] = described[holder]
            return parts
    return [part for _, part in described.get("dict", ())]


def _make(described: dict[str, Any], rest: Any) -> tuple[Any, Any]:
    if "value" in described:
        return deepcopy(described["value"]), rest
    if "array" in described:
        size = count(described)
        array = rest[:size].astype(described.get("dtype", "float64")).reshape(described["array"])
        return array, rest[size:]
    items = []
    for part in _parts(described):
        item, rest = _make(part, rest)
        items.append(item)
    if "dict" in described:
        return dict(zip([key for key, _ in described["dict"]], items, strict=True)), rest
    return (tuple(items) if "tuple" in described else items), rest
