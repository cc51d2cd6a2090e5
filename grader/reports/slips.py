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
    questions = (slip.kind.question for slip in slips if slip.kind is not None)
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
    SlipKind.ABOVE: lambda _, after: f"must stand above `{after}`",
    SlipKind.BELOW: lambda _, after: f"must stand below `{after}`",
    SlipKind.INSIDE: lambda _, after: f"must stand inside of `{after}`",
    SlipKind.OUTSIDE: lambda _, after: f"must stand outside of `{after}`",
    SlipKind.EXTRA: lambda *_: "should not be there",
    SlipKind.RETURN: _describe_return,
    SlipKind.ASSIGNMENT: _describe_assignment,
    SlipKind.IN_PLACE: _describe_change_in_place,
}
