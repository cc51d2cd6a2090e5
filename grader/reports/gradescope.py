"""Gradescope's results.json, as its autograder specifications describe it."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports.changes import LineChange
from backmark.grader.reports.text import cut_output, list_hints, list_sentences
from backmark.grader.reports.view import list_rows, make_view
from backmark.grader.reports.wording import clean, give_reason, headline, show_example

CONTENT_TYPE = "application/vnd.backmark.gradescope+json"

#: Long lines of a page's text wrap, those of code are scrolled.
_PROSE = "white-space:pre-wrap"
#: Code in a sentence.
_QUOTED = re.compile(r"`([^`\n]+)`")


def render(submission: SubmissionRecord, verdict: Verdict, isolation: str = "") -> bytes:
    """Return the whole file. Outputs are HTML, in which nothing that a student wrote is markup; names are text.

    `isolation` is for staff: the walls between the submission and the grader, where they are no jail's.
    """
    extra = {"submission": submission.id, "revision": submission.revision, "outcome": verdict.outcome}
    if isolation:
        extra["isolation"] = clean(isolation)
    result: dict[str, Any] = {
        "score": verdict.score,
        "output": "\n".join(_paragraphs(verdict)),
        "output_format": "html",
        "test_output_format": "html",
        "test_name_format": "text",
        "visibility": "visible",
        # What the autograder's own process prints is none of the student's business.
        "stdout_visibility": "hidden",
        "extra_data": extra,
        "tests": _list_tests(verdict),
    }
    # It is 0 if the level of feedback does not show it.
    if seconds := verdict.statistics.seconds:
        result["execution_time"] = round(seconds, 3)
    return json.dumps(result, ensure_ascii=False).encode()


def _paragraphs(verdict: Verdict) -> Iterator[str]:
    """Yield what concerns the whole submission, in the order of the other forms."""
    view = make_view(verdict)
    yield f"<p><strong>{_text(headline(verdict))}</strong></p>"
    yield from map(_prose, list_sentences(view))
    if view.quoted:
        yield _code(view.quoted, _PROSE)
    if view.changes:
        changes = "\n".join(map(_change, view.changes))
        yield f"<p><strong>{_inline(view.heading)}:</strong></p>\n<ol>\n{changes}\n</ol>"
    yield from filter(None, map(_prose, (view.check, "\n".join(list_hints(view)))))
    if verdict.output:
        yield f"<p>Your code printed:</p>\n{_code(cut_output(verdict.output))}"


def _change(change: LineChange) -> str:
    """Return a line that must be changed: its place, itself, and what helps to change it."""
    source = _code(change.source) if change.source else ""
    advice = "<br>".join(map(_inline, change.advice))
    return f"<li>{_inline(change.heading)}{source or '<br>'}{advice}</li>"


def _list_tests(verdict: Verdict) -> list[dict[str, Any]]:
    """Return the rows; the first one that failed has the smallest case."""
    example = show_example(verdict)
    tests = []
    for row in list_rows(verdict):
        shown = _code(example) if example and row.outcome is Mark.FAILED else ""
        example = "" if shown else example
        tests.append(
            {
                "name": clean(row.title),
                "score": row.score,
                "max_score": row.max_score,
                # Written for every row: without it a row that carries no marks would pass for having all of them.
                "status": "passed" if row.outcome is Mark.PASSED else "failed",
                "output": "\n".join(filter(None, (_prose(give_reason(row)), shown))),
                "visibility": "visible",
            }
        )
    return tests


def _prose(text: str) -> str:
    """Return a paragraph; empty for no text."""
    return f"<p>{_inline(text)}</p>" if text else ""


def _inline(text: str) -> str:
    """Return text with its lines, and with the code in it marked as such."""
    return _QUOTED.sub(r"<code>\1</code>", _text(text)).replace("\n", "<br>")


def _code(text: str, style: str = "overflow:auto") -> str:
    return f'<pre style="{style}">{_text(text)}</pre>'


def _text(text: str) -> str:
    """Return text that is no markup, whatever it is."""
    return html.escape(clean(text))
