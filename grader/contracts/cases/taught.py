"""Which cases have the dims that an assignment's handout tries."""

from collections.abc import Mapping, Sequence
from typing import Any

from backmark.grader.contracts.language.assignment import Dim
from backmark.grader.contracts.language.expressions import DRAWING, calls, evaluate


def fits(dims: Sequence[Dim], values: Mapping[str, Any]) -> bool:
    """Return True if a case's dims could have been drawn by these; an expression that draws may give any."""
    return all(_fits(dim, values) for dim in dims)


def _fits(dim: Dim, values: Mapping[str, Any]) -> bool:
    value = values[dim.name]
    if dim.of:
        return value in dim.of
    if dim.real is not None:
        return bool(dim.real[0] <= value <= dim.real[1])
    if dim.expression:
        return calls(dim.expression, DRAWING) or bool(evaluate(dim.expression, values) == value)
    sizes = value if isinstance(value, list) else [value]
    return all((dim.least or 0) <= size <= (dim.most or 0) for size in sizes)
