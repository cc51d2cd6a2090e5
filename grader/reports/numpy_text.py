"""The inputs and numbers of a case as NumPy code, as a student would type them."""

from collections.abc import Mapping
from typing import Any

from grader.model.verdict import CaseCounterexample, CaseInput

#: Characters of inputs that are shown: more is for the script.
MOST_TYPED = 2000


def list_inputs(example: CaseCounterexample) -> list[str] | None:
    """Return a line of code for each input; None if they are too large to be shown."""
    lines = [f"{value.name} = {format_input(value)}" for value in example.inputs]
    return lines if sum(map(len, lines)) <= MOST_TYPED else None


def format_input(value: CaseInput) -> str:
    """Format an input as it would be typed: an array, a list of arrays, or anything else."""
    if isinstance(value.values, tuple):
        return "[" + ", ".join(map(format_input, value.values)) + "]"
    numbers = format_nested(value.values)
    return numbers if value.shape is None else f"np.array({numbers})"


def format_nested(values: Any) -> str:
    """Format numbers in lists of any depth; other values as Python writes them."""
    if isinstance(values, list | tuple):
        return "[" + ", ".join(map(format_nested, values)) + "]"
    return _number(values) if values is None or isinstance(values, float) else repr(values)


def format_case(case: Mapping[str, Any]) -> str:
    """Format the properties that distinguish a case: `K = 2, D = [2, 3]`."""
    return ", ".join(f"{name} = {format_nested(value)}" for name, value in case.items())


def _number(value: float | None) -> str:
    """Format a real number as NumPy does: one that is whole ends in its point."""
    if value is None:
        return "nan"
    text = f"{value:.8g}"
    return text if "." in text or "e" in text else f"{text}."
