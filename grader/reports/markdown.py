"""A verdict in GitHub's Markdown, for a job's summary."""

import re
from collections.abc import Iterator

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Mark, Outcome, Verdict
from backmark.grader.reports.changes import HEADING, list_changes
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.remarks import describe_remarks
from backmark.grader.reports.wording import (
    choose_explanations,
    clean,
    headline,
    list_hints,
    shorten_repeated,
    show_example,
    trouble,
)

#: Characters with a meaning in Markdown, in HTML, or to GitHub: mentions of people and issues.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~$@:&.-])")
#: Code in a sentence.
_QUOTED = re.compile(r"(`[^`\n]+`)")
_MARKS = {Mark.PASSED: "passed", Mark.FAILED: "**failed**", Mark.NOT_RUN: "not judged"}


def render(submission: SubmissionRecord, verdict: Verdict) -> bytes:
    """Return the whole text, in which nothing that a student wrote is markup."""
    blocks = filter(None, _blocks(submission, verdict))
    return ("\n\n".join(blocks) + "\n").encode()


def _blocks(submission: SubmissionRecord, verdict: Verdict) -> Iterator[str]:
    yield f"## {_text(submission.assignment)}: {_text(headline(verdict))}"
    yield _text(submission.filename)
    if raised := trouble(verdict):
        yield _code(raised)
    yield _text(describe_remarks(verdict))
    for diagnosis in choose_explanations(verdict):
        yield _text("\n".join(filter(None, (diagnosis.title, *list_hints(diagnosis, verdict)))))
    if verdict.repair:
        yield f"### {HEADING}"
        yield "\n\n".join(_changes(verdict))
    if verdict.first_difference is not None:
        yield _text(verdict.first_difference.message)
    yield _text(describe_check(verdict))
    if verdict.outcome is not Outcome.REJECTED and verdict.properties:
        yield "\n".join(("| row | outcome | marks | why |", "| --- | --- | --- | --- |", *_rows(verdict)))
    yield from _examples(verdict)
    if verdict.output:
        yield f"Your code printed:\n\n{_code(verdict.output)}"


def _changes(verdict: Verdict) -> Iterator[str]:
    for number, change in enumerate(list_changes(verdict), 1):
        source = f"\n\n{_code(change.source, 'python')}" if change.source else ""
        advice = "".join(f"\n\n{_text(line)}" for line in change.advice)
        yield f"**{number}\\.** {_text(change.heading)}{source}{advice}"


def _rows(verdict: Verdict) -> Iterator[str]:
    for row, message in zip(verdict.properties, shorten_repeated(verdict.properties), strict=True):
        marks = f"{row.score} of {row.max_score}" if row.max_score else ""
        yield f"| {_cell(row.title)} | {_MARKS[row.outcome]} | {marks} | {_cell(message)} |"


def _examples(verdict: Verdict) -> Iterator[str]:
    """Yield the script of the first row that has one, folded."""
    for script in filter(None, (show_example(row, verdict) for row in verdict.properties)):
        code = _code(script, "python")
        yield f"<details><summary>The smallest case on which your code fails</summary>\n\n{code}\n\n</details>"


def _text(text: str) -> str:
    """Return text without any markup but that of code in a sentence; its lines stay lines."""
    parts = _QUOTED.split(clean(text))
    # Every second one is code, in which nothing has a meaning.
    parts[::2] = [_SPECIAL.sub(r"\\\1", part).replace("\n", "<br>") for part in parts[::2]]
    return "".join(parts)


def _cell(text: str) -> str:
    """Return a text for a table, in which a bar ends a cell even within code."""
    return re.sub(r"(?<!\\)\|", r"\\|", _text(" ".join(text.split())))


def _code(text: str, language: str = "text") -> str:
    """Return a block of code that nothing in it can end."""
    written = clean(text).rstrip("\n")
    longest = max((len(run) for run in re.findall("`+", written)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{written}\n{fence}"
