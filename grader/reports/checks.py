"""The notebook's own check in words: where it says something else than the verdict, and why."""

from collections.abc import Sequence
from itertools import groupby

from backmark.grader.model.cases import format_case
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import CheckReason, NotebookCheck, Outcome, Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.plaintext import upper_first


def describe_check(verdict: Verdict) -> str:
    """Return sentences about the notebook's own check; empty if it says the same, or is not known."""
    check = verdict.notebook_check
    if check is None:
        return ""
    if verdict.outcome is Outcome.PASSED:
        return _describe_right(check)
    own = _join_code(check.functions)
    passes = f"{upper_first(check.name)} passes{f' with a correct {own}' if check.supposed else ''} because it"
    if check.reason is CheckReason.SHAPE:
        return f"{passes} tries only one shape: {check.shape}.{_describe_other_case(verdict)}"
    if check.reason is CheckReason.UNSEEN:
        return f"{passes} does not look at {_join_code(check.unseen)}."
    if check.functions == (check.function,):
        return f"{passes} compares your gradients with your own loss, which is wrong as well."
    return (
        f"{passes} compares your gradients with the loss that your own {own} computes, and that loss is wrong."
        f"{_point_at(check.lines)}"
    )


def _describe_right(check: NotebookCheck) -> str:
    """Return the sentences about a right submission whose check does not pass."""
    own, right = _join_code(check.functions), f"Your `{check.function}` is right."
    if check.reason is CheckReason.RAISED:
        return (
            f"{right} But with your own {own}, which {check.name} uses, your code raises {check.error}."
            f"{_point_at(check.lines)}"
        )
    return (
        f"{right} If {check.name} fails, your own {own} is the reason: with {check.shape}, the loss that it computes"
        f" does not match your gradients.{_point_at(check.lines)}"
    )


def _describe_other_case(verdict: Verdict) -> str:
    """Return the sentence about the case that is shown as wrong; empty if none is."""
    example = verdict.counterexample
    if not isinstance(example, CaseCounterexample) or not (case := format_case(example.case)):
        return ""
    return f" Your code is wrong with {case}."


def _point_at(lines: Sequence[SourceLine]) -> str:
    """Return the sentence about the lines to look at; empty if there are none."""
    groups = groupby(lines, key=lambda line: (line.file, line.cell))
    places = [_name_lines(list(part)) for _, part in groups]
    return f" Look at {' and '.join(places)}." if places else ""


def _name_lines(lines: Sequence[SourceLine]) -> str:
    if len(lines) == 1:
        return lines[0].where
    return lines[0].place(f"lines {' and '.join(str(line.line) for line in lines)}")


def _join_code(names: Sequence[str]) -> str:
    return join_words([f"`{name}`" for name in names])
