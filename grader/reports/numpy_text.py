"""The inputs of a case as NumPy code, as a student would type them."""

from backmark.grader.model.cases import format_nested
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput

#: Characters of inputs that are shown: more is for the script.
MOST_TYPED = 2000


def list_inputs(example: CaseCounterexample) -> list[str] | None:
    """Return a line of code for each input; None if they are too large to be shown.

    The last line may be a comment: on inputs that the student's function does not have.
    """
    lines = [f"{value.name} = {format_input(value)}" for value in example.inputs]
    if sum(map(len, lines)) > MOST_TYPED:
        return None
    foreign = ", ".join(example.forward_only)
    return [*lines, f"# Used by the forward pass only, not passed to your code: {foreign}"] if foreign else lines


def format_input(value: CaseInput) -> str:
    """Format an input as it would be typed: an array, a list of arrays, or anything else."""
    if isinstance(value.values, tuple):
        return "[" + ", ".join(map(format_input, value.values)) + "]"
    numbers = format_nested(value.values)
    return numbers if value.shape is None else f"np.array({numbers})"
