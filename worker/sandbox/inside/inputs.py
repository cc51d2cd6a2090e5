"""Inputs of a case out of their descriptions: arrays of the payload's numbers, in lists, tuples and dictionaries.

An input is described by `{"array": shape}`, whose entries are the next of the payload, and which may have another
`dtype` than float64; by `{"list": [...]}` or `{"tuple": [...]}` of such descriptions; by `{"dict": [[key, ...], ...]}`;
or by `{"value": ...}`, anything that JSON has.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from operator import attrgetter, is_
from typing import Any, NamedTuple

import numpy as np

_Array = np.ndarray[Any, Any]
#: Compares what is there now with an array that was made.
_Comparison = Callable[[Any, _Array], bool]
#: The form in which an array shows its memory.
_form = attrgetter("shape", "strides")


class _Plan(NamedTuple):
    """How a value is made of a case's arrays, and how it is compared with what would be made of them."""

    make: Callable[[Sequence[_Array]], Any]
    check: Callable[[Any, Sequence[_Array], _Comparison], bool]


class MadeInputs(NamedTuple):
    """The inputs of one call, and the memory that they are in."""

    inputs: "Inputs"
    values: dict[str, Any]
    block: _Array
    arrays: list[_Array]

    def make(self) -> "MadeInputs":
        """Fill the numbers in that were left out, and return the inputs."""
        self.inputs.fill(self.block)
        return self

    def list_changed(self) -> list[str]:
        """Return the names of inputs that are not what they were: of another form, or other bits."""
        return [] if self.inputs.are_untouched(self) else self.inputs.list_changed(self.values)


class Inputs:
    """The inputs of one case, read once, and made anew for each call in memory of their own."""

    def __init__(self, described: Mapping[str, dict[str, Any]], numbers: _Array) -> None:
        self._numbers = numbers
        #: The part of the numbers that each array has, and its shape.
        self._parts: list[tuple[slice, tuple[int, ...]]] = []
        #: By their places, the types of arrays that are not of float64.
        self._types: dict[int, str] = {}
        self._plans = {name: self._plan(description) for name, description in described.items()}
        self._forms = list(map(_form, self._cut(numbers)))

    def make(self, *, filled: bool = True) -> MadeInputs:
        """Return the inputs by their names; all numbers are zero if they are filled in later."""
        # One copy for all: arrays are parts of it.
        block = self._numbers.copy() if filled else np.zeros_like(self._numbers)
        arrays = self._cut(block)
        return MadeInputs(self, {name: plan.make(arrays) for name, plan in self._plans.items()}, block, arrays)

    def fill(self, block: _Array) -> None:
        """Write the numbers into a block that was made without them."""
        block[...] = self._numbers

    @property
    def fits_block(self) -> bool:
        """True if all arrays are in the block's memory: those of another type than float64 are not."""
        return not self._types

    def are_untouched(self, made: MadeInputs) -> bool:
        """Return True if the inputs are the objects that were made, in the same memory: one look for all arrays."""
        return (
            self.fits_block
            and made.block.tobytes() == self._numbers.tobytes()
            and list(map(_form, made.arrays)) == self._forms
            and all(_holds(plan, made.values[name], made.arrays, is_) for name, plan in self._plans.items())
        )

    def list_changed(self, now: Mapping[str, Any]) -> list[str]:
        """Return the names of inputs that are not what would be made."""
        # Made for this only: the numbers of a question that others are not asked are in no other memory than theirs.
        before = self._cut(self._numbers)
        return [name for name, plan in self._plans.items() if not _holds(plan, now[name], before, _is_same)]

    def _cut(self, block: _Array) -> list[_Array]:
        """Return the arrays, as parts of a block unless they are of another type."""
        arrays = [block[part].reshape(shape) for part, shape in self._parts]
        for place, dtype in self._types.items():
            arrays[place] = arrays[place].astype(dtype)
        return arrays

    def _plan(self, described: dict[str, Any]) -> _Plan:
        if "value" in described:
            return _plan_value(described["value"])
        place = len(self._parts)
        if "array" in described:
            shape = tuple(described["array"])
            start = self._parts[-1][0].stop if self._parts else 0
            self._parts.append((slice(start, start + prod(shape)), shape))
            if described.get("dtype") is not None:
                self._types[place] = described["dtype"]
            return _Plan(lambda arrays: arrays[place], lambda now, arrays, same: same(now, arrays[place]))
        parts = _list_parts(described)
        plans = list(map(self._plan, parts))
        if "dict" in described:
            return _plan_dictionary([key for key, _ in described["dict"]], plans)
        kind = list if "list" in described else tuple
        if all("array" in part for part in parts):
            return _plan_arrays(kind, slice(place, place + len(parts)))
        return _plan_sequence(kind, plans)


def _holds(plan: _Plan, now: Any, arrays: Sequence[_Array], same: _Comparison) -> bool:
    """Return True if a value is what would be made; what cannot be compared is not."""
    try:
        return plan.check(now, arrays, same)
    except BaseException:  # noqa: BLE001 - an object of the student's may raise anything
        return False


def _is_same(now: Any, before: _Array) -> bool:
    return isinstance(now, np.ndarray) and now.shape == before.shape and now.tobytes() == before.tobytes()


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


def _plan_value(value: Any) -> _Plan:
    return _Plan(lambda _: _copy(value), lambda now, _, __: type(now) is type(value) and bool(now == value))


def _copy(value: Any) -> Any:
    """Copy what JSON has, as `deepcopy` does, in a tenth of its time."""
    if isinstance(value, list):
        return [_copy(part) for part in value]
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return value


def _plan_dictionary(keys: list[Any], plans: list[_Plan]) -> _Plan:
    def check(now: Any, arrays: Sequence[_Array], same: _Comparison) -> bool:
        if not isinstance(now, dict) or list(now) != keys:
            return False
        return all(plan.check(now[key], arrays, same) for key, plan in zip(keys, plans, strict=True))

    return _Plan(lambda arrays: {key: plan.make(arrays) for key, plan in zip(keys, plans, strict=True)}, check)


def _plan_sequence(kind: type[Any], plans: list[_Plan]) -> _Plan:
    def check(now: Any, arrays: Sequence[_Array], same: _Comparison) -> bool:
        if type(now) is not kind or len(now) != len(plans):
            return False
        return all(plan.check(value, arrays, same) for value, plan in zip(now, plans, strict=True))

    return _Plan(lambda arrays: kind([plan.make(arrays) for plan in plans]), check)


def _plan_arrays(kind: type[Any], places: slice) -> _Plan:
    """Return the plan of a sequence of arrays alone, as most are."""
    length = places.stop - places.start

    def check(now: Any, arrays: Sequence[_Array], same: _Comparison) -> bool:
        return type(now) is kind and len(now) == length and all(map(same, now, arrays[places]))

    return _Plan(lambda arrays: kind(arrays[places]), check)
