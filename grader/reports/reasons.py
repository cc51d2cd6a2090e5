"""Why rows are lost or kept, and how the lines to change were found, in words for staff."""

from collections.abc import Mapping

from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.changes import find_container
from backmark.grader.reports.plaintext import upper_first

#: How a line to change was found.
_OF_LINES: Mapping[Explainer, str] = {
    Explainer.VALUE: "found by values; the solution's value in its place makes the submission right",
    Explainer.EDIT: "a small change makes the submission right",
    Explainer.TEMPLATE: "a line of the template, not filled in",
}
#: What decided about a row that no line costs.
_OF_ROWS: Mapping[Explainer, str] = {
    Explainer.USED: "what its lines compute is right and used",
    Explainer.UNUSED: "no line for it computes what is used",
    Explainer.OTHER_ROWS: "decided by the other rows",
    Explainer.MISTAKE: "explained by a known mistake",
    Explainer.NUMBERS: "explained by its numbers",
    Explainer.SLIGHT: "wrong only by axes of length 1, or in a few cases without an answer",
    Explainer.CONVENTION: "decided by another convention, by which the submission is right",
}


def list_reasons(verdict: Verdict) -> tuple[str, ...]:
    """Return a sentence for each line to change, and for each other row; none for students."""
    return tuple(_describe(reason, verdict) for reason in verdict.explained_by)


def _describe(reason: Reason, verdict: Verdict) -> str:
    rows = [row for row in verdict.properties if row.name in reason.rows]
    titles = join_words(row.title for row in rows)
    if reason.explainer in _OF_LINES:
        costs = f" It costs {titles}." if titles else ""
        return f"{upper_first(_name_lines(reason, verdict) or 'a missing line')}: {_OF_LINES[reason.explainer]}.{costs}"
    right = all(row.outcome is Mark.PASSED for row in rows)
    decided = _OF_ROWS.get(reason.explainer) or f"its numbers are {'right in every case' if right else 'wrong'}"
    kept = all(row.score == row.max_score for row in rows)
    named = f" (`{reason.mistake}`)" if reason.mistake else ""
    lines = _name_lines(reason, verdict)
    return f"{titles}: {'kept' if kept else 'lost'}, {decided}{named}{f' ({lines})' if lines else ''}."


def _name_lines(reason: Reason, verdict: Verdict) -> str:
    """Return the lines in words, without the cell or file that the verdict's heading names; empty if there is none."""
    within = find_container(verdict)
    if not reason.lines:
        return ""
    numbers = [str(place.line) for place in reason.lines]
    return reason.lines[0].place(f"line{'s' if len(numbers) > 1 else ''} {join_words(numbers)}", within)
