"""The remarks of a verdict in words."""

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Remark, RemarkKind, Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.changes import count


def describe_remarks(verdict: Verdict) -> str:
    """Return the sentences of all remarks; empty if there is none."""
    return " ".join(_describe(remark, verdict.outcome) for remark in verdict.remarks)


def _describe(remark: Remark, outcome: Outcome) -> str:
    match remark.kind:
        case RemarkKind.CONVENTION:
            accepted = outcome is Outcome.PASSED
            counts = "accepts this convention, too" if accepted else f"goes by {remark.counting}"
            return f"Your code is right by {remark.title}. This assignment {counts}."
        case RemarkKind.TAUGHT:
            return (
                f"Your code is right in all {remark.of} cases of the kind that the handout tries: {remark.title}. All"
                " cases that it gets wrong are of another kind."
            )
        case RemarkKind.OUTSIDE:
            return (
                f"The handout tries {remark.title}. In {remark.cases} of {remark.of} cases of another kind your code is"
                " wrong, which costs no marks here."
            )
        case RemarkKind.PARAMETER:
            names = join_words(f"`{name}`" for name in remark.parameters)
            several = len(remark.parameters) > 1
            kept = f"Keep the {count(remark.of).lower()} parameters of `{remark.title}`"
            if remark.is_global:
                return f"{kept}: {names} {'are already globals' if several else 'is already a global'}."
            return f"{kept}: the homework passes no value for {names}."
        case RemarkKind.EPSILON:
            return (
                f"`{remark.title}` is slightly off, as an epsilon of up to {remark.epsilon:g} inside the logarithm"
                " makes it. This assignment allows that."
            )
