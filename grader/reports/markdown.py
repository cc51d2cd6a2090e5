"""A verdict in GitHub's Markdown, for a job's summary."""

import re
from collections.abc import Iterator

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports.text import cut_output, list_hints, list_sentences
from backmark.grader.reports.view import VerdictView, make_view
from backmark.grader.reports.wording import clean, headline, show_example

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
    view = make_view(verdict)
    yield f"## {_text(submission.assignment)}: {_text(headline(verdict))}"
    yield _text(submission.filename)
    yield from map(_text, list_sentences(view))
    if view.trace:
        yield _fold("The exception", _code(view.trace)) if view.explained else _code(view.trace)
    if view.changes:
        yield f"### {_text(view.heading)}"
        yield "\n\n".join(_changes(view))
    yield _text(view.check)
    yield _text("\n".join(list_hints(view)))
    if view.rows:
        yield "\n".join(("| row | outcome | marks | why |", "| --- | --- | --- | --- |", *_rows(view)))
    if script := show_example(verdict):
        yield _fold(" ".join(filter(None, (view.tally, "The smallest case"))), _code(script, "python"))
    if verdict.output:
        yield _fold("Your code printed", _code(cut_output(verdict.output)))


def _changes(view: VerdictView) -> Iterator[str]:
    for number, change in enumerate(view.changes, 1):
        source = f"\n\n{_code(change.source, 'python')}" if change.source else ""
        advice = "".join(f"\n\n{_text(line)}" for line in change.advice)
        yield f"**{number}\\.** {_text(change.heading)}{source}{advice}"


def _rows(view: VerdictView) -> Iterator[str]:
    for row in view.rows:
        marks = f"{row.score} of {row.max_score}" if row.max_score else ""
        yield f"| {_cell(row.title)} | {_MARKS[row.outcome]} | {marks} | {_cell(row.says)} |"


def _fold(title: str, block: str) -> str:
    return f"<details><summary>{_text(title)}</summary>\n\n{block}\n\n</details>"


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
