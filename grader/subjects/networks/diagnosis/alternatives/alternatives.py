"""The alternatives to a line of the notebook, and those that several lines have in common."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array

Arrays = dict[str, Array]

Rules = dict[str, Booleans]

#: The term that is added to each number alike.
ONE = "1"

#: A rule by the number of a unit is looked for up to this many.
UNITS = 8


class Alternatives(Protocol):
    """The alternatives to what a line made in one layer, by their words; computed when they are asked for."""

    def arrays(self) -> Arrays:
        """Other arrays that it may have made."""
        ...

    def terms(self) -> Arrays:
        """Arrays a multiple of which may have been added."""
        ...

    def rules(self) -> Rules:
        """Conditions by which entries may have been chosen."""
        ...

    def functions(self) -> Arrays:
        """Factors by which entries may have been multiplied."""
        ...


def keep_shape(arrays: Mapping[str, Array | None], shape: tuple[int, ...]) -> Arrays:
    """Return the arrays of this shape."""
    return {words: array for words, array in arrays.items() if array is not None and np.shape(array) == shape}


def list_unit_rules(f: Array, words: str) -> dict[str, Booleans]:
    """Rules by which a column's units may be chosen."""
    active, number = f > 0, np.arange(len(f))[:, None]
    rules = {
        f"where {words} is positive": active,
        f"where {words} is negative": f < 0,
        f"where {words} is not zero": f != 0,
        f"where {words} is above the mean of its layer": f > f.mean(),
        f"where {words} is the largest of its layer": f == np.max(f),
        f"in layers whose first {words} is positive": np.full(f.shape, bool(active[0, 0])),
        f"in layers where some {words} is positive": np.full(f.shape, bool(active.any())),
        f"in layers where every {words} is positive": np.full(f.shape, bool(active.all())),
        "in the last unit": number == len(f) - 1,
        f"where {words} is positive, and in the first unit": active | (number == 0),
        f"where {words} is positive, and in the last unit": active | (number == len(f) - 1),
    }
    for most in range(1, UNITS):
        first = "first unit" if most == 1 else f"first {most} units"
        rules[f"in the {first}"] = number < most
        rules[f"where {words} is positive, among the {first}"] = active & (number < most)
        rules[f"where {words} is positive, but for the {first}"] = active & (number >= most)
    return rules


def list_other_layers(lists: Sequence[Array | None], k: int, name: str) -> dict[str, Array | None]:
    """The entries of other layers."""
    depth = len(lists) - 1
    places = {"layer-1": k - 1, "layer+1": k + 1, "K": depth, "0": 0}
    return {f"{name}[{text}]": lists[at] for text, at in places.items() if 0 <= at <= depth and at != k}
