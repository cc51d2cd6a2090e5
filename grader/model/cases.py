"""The numbers and the properties of a case as text, as reports and pages write them."""

from collections.abc import Mapping
from typing import Any


def format_nested(values: Any) -> str:
    """Format numbers in lists of any depth as NumPy does: a real one that is whole ends in its point."""
    if isinstance(values, list | tuple):
        return "[" + ", ".join(map(format_nested, values)) + "]"
    if values is not None and not isinstance(values, float):
        return repr(values)
    text = format_number(values)
    return text if values is None or "." in text or "e" in text else f"{text}."


def format_number(value: float | None, digits: int = 8) -> str:
    """Format a number of so many digits for a sentence; a zero has no sign."""
    return "nan" if value is None else f"{value + 0.0:.{digits}g}"


def format_case(case: Mapping[str, Any]) -> str:
    """Format the properties that distinguish a case: `K = 2, D = [2, 3]`."""
    return ", ".join(f"{name} = {format_nested(value)}" for name, value in case.items())
