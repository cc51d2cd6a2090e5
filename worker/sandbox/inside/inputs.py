"""Inputs of a case out of their descriptions: arrays of the payload's numbers, in lists, tuples and dictionaries.

An input is described by `{"array": shape}`, whose entries are the next of the payload, and which may have another
`dtype` than float64; by `{"list": [...]}` or `{"tuple": [...]}` of such descriptions; by `{"dict": [[key, ...], ...]}`;
or by `{"value": ...}`, anything that JSON has.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from math import prod
from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]
#: Makes a value of a block of numbers.
_Maker = Callable[[_Array], Any]
#: Returns True if a value is still what was made of a block, given the numbers as they were.
_Check = Callable[[Any, _Array], bool]


class Inputs:
    """The inputs of one case, read once, and made anew for each call in memory of their own."""

    def __init__(self, described: Mapping[str, dict[str, Any]], numbers: _Array) -> None:
        self._numbers = numbers
        self._plan: list[tuple[str, _Maker, _Check]] = []
        start = 0
        for name, description in described.items():
            make, check, start = _plan(description, start)
            self._plan.append((name, make, check))

    def make(self) -> dict[str, Any]:
        """Return the inputs by their names."""
        # One copy for all: arrays are parts of it.
        block = self._numbers.copy()
        return {name: make(block) for name, make, _ in self._plan}

    def list_changed(self, now: Mapping[str, Any]) -> list[str]:
        """Return the names of inputs that are not what they were: of another form, or other bits."""
        return [name for name, _, check in self._plan if not _holds(check, now[name], self._numbers)]


def _holds(check: _Check, now: Any, numbers: _Array) -> bool:
    """Return True if a check holds; what cannot be compared is not what it was."""
    try:
        return check(now, numbers)
    except BaseException:  # noqa: BLE001 - an object of the student's may raise anything
        return False


def count(described: dict[str, Any]) -> int:
    """Count the numbers of the payload that an input takes."""
    if "array" in described:
        return prod(described["array"])
    return sum(map(count, _list_parts(described)))


def _list_parts(described: dict[str, Any]) -> list[dict[str, Any]]:
    for holder in ("list", "tuple"):
        if holder in described:
            parts: list[dict[str, Any]] = described[holder]
            return parts
    return [part for _, part in described.get("dict", ())]


def _plan(described: dict[str, Any], start: int) -> tuple[_Maker, _Check, int]:
    """Return the maker of a described value, its check, and where the numbers of the next one begin."""
    if "value" in described:
        return *_plan_value(described["value"]), start
    if "array" in described:
        stop = start + prod(described["array"])
        return *_plan_array(tuple(described["array"]), described.get("dtype"), slice(start, stop)), stop
    plans = []
    for part in _list_parts(described):
        make, check, start = _plan(part, start)
        plans.append((make, check))
    if "dict" in described:
        return *_plan_dictionary([key for key, _ in described["dict"]], plans), start
    return *_plan_sequence(list if "list" in described else tuple, plans), start


def _plan_value(value: Any) -> tuple[_Maker, _Check]:
    if isinstance(value, (list, dict)):
        return lambda _: deepcopy(value), lambda now, _: type(now) is type(value) and bool(now == value)
    return lambda _: value, lambda now, _: type(now) is type(value) and bool(now == value)


def _plan_array(shape: tuple[int, ...], dtype: str | None, part: slice) -> tuple[_Maker, _Check]:
    def make(block: _Array) -> _Array:
        array = block[part].reshape(shape)
        return array if dtype is None else array.astype(dtype)

    def check(now: Any, numbers: _Array) -> bool:
        return isinstance(now, np.ndarray) and now.shape == shape and now.tobytes() == make(numbers).tobytes()

    return make, check


def _plan_dictionary(keys: list[Any], plans: list[tuple[_Maker, _Check]]) -> tuple[_Maker, _Check]:
    def make(block: _Array) -> dict[Any, Any]:
        return {key: part(block) for key, (part, _) in zip(keys, plans, strict=True)}

    def check(now: Any, numbers: _Array) -> bool:
        if not isinstance(now, dict) or list(now) != keys:
            return False
        return all(check(now[key], numbers) for key, (_, check) in zip(keys, plans, strict=True))

    return make, check


def _plan_sequence(kind: type[Any], plans: list[tuple[_Maker, _Check]]) -> tuple[_Maker, _Check]:
    def make(block: _Array) -> Any:
        return kind([part(block) for part, _ in plans])

    def check(now: Any, numbers: _Array) -> bool:
        if type(now) is not kind or len(now) != len(plans):
            return False
        return all(check(value, numbers) for value, (_, check) in zip(now, plans, strict=True))

    return make, check
