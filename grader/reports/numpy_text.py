"""The inputs of a case as NumPy code, as a student would type them."""

from backmark.grader.model.cases import format_nested
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput

#: Characters of inputs that are shown: more is for the script.
MOST_TYPED = 2000


def list_inputs(example: CaseCounterexample) -> list[str] | None:
    """Return a line of code for each input; None if they are too large to be shown.

    A comment stands behind an input that the lines of the call do not name.
    """
    lines = {value.name: f"{value.name} = {format_input(value)}" for value in example.inputs}
    if sum(map(len, lines.values())) > MOST_TYPED:
        return None
    lines |= {name: f"{lines[name]}  # of the forward pass alone" for name in example.forward_only}
    return [*lines.values()]


def format_input(value: CaseInput) -> str:
    """Format an input as it would be typed: an array, a list or a tuple of inputs, or anything else."""
    if isinstance(value.values, tuple) or value.is_tuple:
        parts = [format_input(part) if isinstance(part, CaseInput) else format_nested(part) for part in value.values]
        comma = "," if len(parts) == 1 else ""
        return f"({', '.join(parts)}{comma})" if value.is_tuple else f"[{', '.join(parts)}]"
    numbers = format_nested(value.values)
    return numbers if value.shape is None else f"np.array({numbers})"


def name_first(example: CaseCounterexample) -> str:
    """Return the first wrong number as code names it, such as `dw[0, 1]`; empty if that is not known."""
    first = example.first
    if first is None:
        return ""
    return f"{first.result}[{', '.join(map(str, first.index))}]" if first.index else first.result
