"""The explanation that every form carries: mistake, hint and line, as far as the verdict shows them."""

import dataclasses
import html
import json
import re
from xml.etree.ElementTree import fromstring

import pytest

from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark, NotebookCheck, Property, StudentError, Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.exceptions import quote_exception
from backmark.grader.reports.registry import FORMATS
from backmark.grader.reports.view import make_view
from backmark.grader.reports.wording import explain, give_reason
from tests.reports.graded import (
    FIRST,
    MISSING_LINE,
    MISTAKE,
    SUBMISSION,
    WRONG_LINE,
    explain_verdict,
    repair_verdict,
    verdict,
)

#: The forms whose texts are plain; that of Gradescope is HTML, and has its own tests.
PLAIN = [name for name in FORMATS if name != "gradescope"]


def text_of(name: str, level: Level, graded: Verdict | None = None) -> str:
    """All that a form says of the whole submission to a student of this level."""
    document = FORMATS[name].render(SUBMISSION, disclose(graded or explain_verdict(), Feedback.always(level), 1))
    if name == "junit":
        return fromstring(document).findtext("testsuite/system-err") or ""  # noqa: S314 - our own document
    field = {"gradescope": "output", "prairielearn": "message", "lti": "comment"}[name]
    text = str(json.loads(document)[field])
    if name != "gradescope":
        return text
    # Its list has the numbers and indents of HTML.
    return html.unescape(re.sub("<[^>]*>", "", text.replace("<br>", "\n")))


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_names_mistake_hint_and_line_and_keeps_the_strong_hint(name: str) -> None:
    text = text_of(name, Level.FULL)
    for part in (
        MISTAKE.title,
        MISTAKE.hint,
        MISTAKE.read,
        FIRST.message.replace("`", "") if name == "gradescope" else FIRST.message,
    ):
        assert part in text
    assert MISTAKE.strong_hint not in text


@pytest.mark.parametrize("name", FORMATS)
def test_no_form_says_more_than_the_level_shows(name: str) -> None:
    hints = text_of(name, Level.HINT)
    assert MISTAKE.hint in hints
    assert not any(part in hints for part in (MISTAKE.title, MISTAKE.strong_hint, FIRST.message))
    assert MISTAKE.hint not in text_of(name, Level.SCORE)


def test_of_several_explanations_the_best_is_said_and_all_hints_where_they_stand_alone() -> None:
    other_mistake = dataclasses.replace(MISTAKE, title="", hint="And above zero?")
    two_mistakes = dataclasses.replace(explain_verdict(), diagnosis=(MISTAKE, other_mistake))
    assert other_mistake.hint not in explain(two_mistakes)
    assert other_mistake.hint in explain(dataclasses.replace(two_mistakes, level=Level.HINT))


def test_of_what_nothing_explains_it_is_said_that_we_could_not_tell() -> None:
    assert explain(verdict()) == "One of the three rows is right. We could not tell which lines are wrong."
    assert explain(disclose(verdict(), Feedback.always(Level.HINT), 1)) == "One of the three rows is right."


@pytest.mark.parametrize("name", PLAIN)
def test_every_plain_form_lists_the_lines_to_change_quoted_and_with_a_wrong_number(name: str) -> None:
    assert """\
What to change in cell 10:
1. Gradient of the weights: line 25 is wrong (2 marks lost)
       dW[k] = df[k] @ h[k]
   With K = 2, D = [2, 3], `dW[0][1, 2]` is 0.5; it must be 0.7.
   What are the weights multiplied with?
   Read again: Equation 7.23.
2. Gradient of the biases: a line is missing
   What is added?
   Read again: Equation 7.22.""" in text_of(name, Level.FULL, repair_verdict())


@pytest.mark.parametrize("name", PLAIN)
def test_at_hint_every_plain_form_names_the_rows_and_no_line(name: str) -> None:
    text = text_of(name, Level.HINT, repair_verdict())
    assert "1. Gradient of the weights (2 marks lost)\n   What are the weights multiplied with?\n" in text
    assert not any(part in text for part in ("line", WRONG_LINE.source, "0.7"))
    assert MISSING_LINE.hint not in text_of(name, Level.SCORE, repair_verdict())


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_says_that_a_function_of_the_notebooks_own_check_is_wrong(name: str) -> None:
    check = NotebookCheck("the loop", "one layer", "h = forward(x)", ("forward",), None)
    sentence = "Your own `forward` gives a wrong value with one layer. So do not rely on the loop."
    for level in (Level.HINT, Level.FULL):
        text = text_of(name, level, dataclasses.replace(verdict(), notebook_check=check))
        assert sentence.replace("`", "") in text.replace("`", "")
    assert "own" not in text_of(name, Level.SCORE, dataclasses.replace(verdict(), notebook_check=check))
    assert make_view(dataclasses.replace(verdict(), notebook_check=check)).check == sentence


def test_a_mistake_that_the_author_has_named_stands_before_the_lines() -> None:
    text = explain(dataclasses.replace(repair_verdict(), diagnosis=(MISTAKE,)))
    assert text.index(MISTAKE.title) < text.index("What to change")


def test_what_a_student_wrote_cannot_command_a_terminal() -> None:
    assert "\x1b" not in explain(repair_verdict(dataclasses.replace(WRONG_LINE, source="a = '\x1b[2J'")))


def test_a_row_that_was_tested_and_not_shown_does_not_say_that_nothing_tested_it() -> None:
    row = Property("any_shape", "Any shape", Mark.NOT_RUN, 0, 2, 100, "Not judged: a line is missing or not filled in.")
    assert give_reason(row) == row.message


@pytest.mark.parametrize(
    ("outcome", "error", "quoted"),
    [
        (
            Outcome.TIMEOUT,
            StudentError("TimeLimit", "Your code ran for more than 2 s."),
            "Your code ran for more than 2 s.",
        ),
        (Outcome.ERROR, StudentError("ValueError", "shapes"), "ValueError: shapes"),
        (Outcome.PASSED, None, ""),
    ],
)
def test_only_an_exception_is_quoted_with_its_type(outcome: Outcome, error: StudentError | None, quoted: str) -> None:
    assert quote_exception(verdict(outcome, error=error)) == quoted
