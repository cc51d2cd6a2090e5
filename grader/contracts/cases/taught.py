"""Which cases have the dims that an assignment's handout tries."""

from collections.abc import Mapping
from typing import Any

from backmark.grader.contracts.language.assignment import ContractAssignment, Dim
from backmark.grader.contracts.language.expressions import DRAWING, calls, evaluate


def is_tried(assignment: ContractAssignment, values: Mapping[str, Any]) -> bool:
    """Return True if a case's dims are such as the handout tries; an expression that draws may give any.

    Only dims count that the handout has otherwise: those of the notebook's own shape need not be in the others' range.
    """
    taught = assignment.taught
    own, others = {*assignment.dims}, () if taught is None else taught.dims
    tried = own - {*others} if taught is not None and taught.decides else {*others} - own
    return all(_fits(dim, values) for dim in tried)


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
