"""Slips in words: what a line does that it should not, and the question that leads there."""

from collections.abc import Callable, Sequence

from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.words import join_words


def describe_slips(slips: Sequence[Slip]) -> str:
    """Return a phrase that follows the place: "leaves out the factor `y`", each once; empty if nothing is known."""
    if len(slips) == 2 and _is_moved(*slips):
        return f"has the {slips[0].kind} `{slips[0].before or slips[0].after}` in the wrong place"
    if kinds := find_kinds(slips):
        return f"has a mistake: {join_words([slip.title for slip in kinds])}"
    return " and ".join(dict.fromkeys(filter(None, map(_describe, slips))))


def find_kinds(slips: Sequence[Slip]) -> tuple[Slip, ...]:
    """Return the slips of which the verdict shows the kind alone, and neither what stands there nor what must."""
    return tuple(slip for slip in slips if slip.kind is not None and slip.kind not in _STATES and not slip.is_shown)


def ask_about(slips: Sequence[Slip]) -> str:
    """Return the questions about slips of these kinds, which name no line and no formula; empty if none is known."""
    questions = (_QUESTIONS[slip.kind] for slip in slips if slip.kind is not None)
    return " ".join(dict.fromkeys(questions))


def _is_moved(first: Slip, second: Slip) -> bool:
    """Return True if a factor or a term is one too many here, and the same one is left out there."""
    part = first.before or first.after
    parts = {(first.kind, first.before, first.after), (second.kind, second.before, second.after)}
    return first.kind in {SlipKind.FACTOR, SlipKind.TERM} and parts == {(first.kind, part, ""), (first.kind, "", part)}


def _describe(slip: Slip) -> str:
    if slip.kind is None:
        return ""
    if not slip.is_shown:
        return _STATES.get(slip.kind, "")
    return _PHRASES.get(slip.kind, _describe_exchange)(slip.before, slip.after)


def _describe_exchange(before: str, after: str) -> str:
    return f"has `{before}` instead of `{after}`"


def _describe_use(before: str, after: str) -> str:
    return f"uses `{before}` instead of `{after}`"


def _describe_transpose(before: str, after: str) -> str:
    if len(before) < len(after):
        return f"leaves out the transpose of `{before}`"
    return f"wrongly transposes `{after}`"


def _describe_part(noun: str) -> Callable[[str, str], str]:
    def describe(before: str, after: str) -> str:
        return f"leaves out the {noun} `{after}`" if after else f"has the extra {noun} `{before}`"

    return describe


def _describe_divisor(before: str, after: str) -> str:
    return f"does not divide by `{after}`" if after else f"wrongly divides by `{before}`"


def _describe_kind(noun: str) -> Callable[[str, str], str]:
    def describe(before: str, after: str) -> str:
        return f"has {noun}: `{before}` instead of `{after}`"

    return describe


def _describe_condition(before: str, after: str) -> str:
    if not before:
        return f"lacks the condition `{after}`"
    if not after:
        return f"should not have the condition `{before}`: what it guards must always run"
    return _describe_exchange(before, after)


def _describe_return(before: str, after: str) -> str:
    return _describe_exchange(before, after) if before else f"must be followed by `{after}`"


def _describe_assignment(before: str, after: str) -> str:
    if "+=" in before:
        return f"adds to its variable instead of setting it: write `{after}`"
    return f"sets its variable instead of adding to it: write `{after}`"


def _describe_change_in_place(before: str, after: str) -> str:
    if after:
        return f"does not copy `{before}`, which is then changed in place"
    return f"changes `{before}` in place, though its old numbers are still needed"


_STATES = {
    SlipKind.UNFILLED: "is unchanged from the template",
    SlipKind.PLACEHOLDER: "is a placeholder: it does not compute this step yet",
    SlipKind.CONDITION: "runs under the wrong condition",
    SlipKind.OVERWRITES: "overwrites a right value",
    SlipKind.HELPER: "is wrong, or a function that it calls is wrong",
}
_PHRASES: dict[SlipKind, Callable[[str, str], str]] = {
    SlipKind.INDEX: _describe_use,
    SlipKind.OPERAND: _describe_use,
    SlipKind.TRANSPOSE: _describe_transpose,
    SlipKind.FACTOR: _describe_part("factor"),
    SlipKind.TERM: _describe_part("term"),
    SlipKind.DIVISOR: _describe_divisor,
    SlipKind.ORDER: _describe_kind("the wrong order"),
    SlipKind.SIGN: _describe_kind("the wrong sign"),
    SlipKind.CONDITION: _describe_condition,
    SlipKind.MISSING: lambda _, after: f"must be followed by `{after}`",
    SlipKind.OVERWRITES: lambda *_: "should not be there",
    SlipKind.HELPER: lambda before, _: f"is wrong, or the function `{before}` that it calls is wrong",
    SlipKind.ABOVE: lambda _, after: f"must stand above `{after}`",
    SlipKind.BELOW: lambda _, after: f"must stand below `{after}`",
    SlipKind.INSIDE: lambda _, after: f"must stand inside of `{after}`",
    SlipKind.OUTSIDE: lambda _, after: f"must stand outside of `{after}`",
    SlipKind.EXTRA: lambda *_: "should not be there",
    SlipKind.RETURN: _describe_return,
    SlipKind.ASSIGNMENT: _describe_assignment,
    SlipKind.IN_PLACE: _describe_change_in_place,
}
_WHICH_ORDER = (
    "In which order must your lines run, and which of them run in every turn of the loop, or only under an `if`?"
)
_QUESTIONS = {
    SlipKind.INDEX: "Which entry does each index pick, on both sides of `=`, and which entry does the equation name?",
    SlipKind.TRANSPOSE: "Write down the shape of each factor: is a transpose missing, misplaced, or one too many?",
    SlipKind.OPERAND: "Is each variable, and each function, the one that the equation names?",
    SlipKind.PRODUCT: (
        "Must this step be a matrix product (`np.matmul`, `@`) or a product entry by entry (`np.multiply`, `*`)?"
    ),
    SlipKind.FACTOR: "Does this step have every factor that the chain rule gives, and no other factor?",
    SlipKind.TERM: "Does this step have every term of the derivative, and no other term?",
    SlipKind.DIVISOR: "What must be divided by what?",
    SlipKind.ORDER: "In which order must the operands stand, or the values that are unpacked or returned?",
    SlipKind.OPERATOR: "Is each operator the right one: add, subtract, multiply, divide, power?",
    SlipKind.SIGN: "Which sign must each term have?",
    SlipKind.CONSTANT: "Where does each number come from, and each text in quotation marks?",
    SlipKind.COMPARISON: "What must the comparison give on each side of the boundary, and exactly on it?",
    SlipKind.AXIS: "Over which axis must this step run, and which shape must its result have?",
    SlipKind.MEAN: "Must this step take a sum or a mean?",
    SlipKind.CALL: "Is a function call missing here, or is there one too many?",
    SlipKind.ASSIGNMENT: "Must this step set the variable, or add to it?",
    SlipKind.UNFILLED: "This step is not filled in yet. Which equation belongs here?",
    SlipKind.PLACEHOLDER: "This step is not filled in yet. Which equation belongs here?",
    SlipKind.MISSING: "Which step of the equations is missing from your code?",
    SlipKind.CONDITION: "For which layers or entries must this step run?",
    SlipKind.OVERWRITES: "Does a line overwrite a value that was right?",
    SlipKind.HELPER: "Does each function that you call return what you expect of it?",
    **dict.fromkeys((SlipKind.ABOVE, SlipKind.BELOW, SlipKind.INSIDE, SlipKind.OUTSIDE), _WHICH_ORDER),
    SlipKind.EXTRA: "Is there a line that does not belong here, such as one that is left over?",
    SlipKind.IN_PLACE: "Which other names does the array have that you change in place? Copy it first.",
    SlipKind.RETURN: "What must this function return, and does it do so after its last step?",
}
