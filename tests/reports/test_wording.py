"""The explanation that every form carries: mistake, hint and line, as far as the verdict shows them."""

import dataclasses
import json
from xml.etree.ElementTree import fromstring

import pytest

from grader.model.assignment import Feedback, Level
from grader.reports.disclosure import disclose
from grader.reports.registry import FORMATS
from grader.reports.wording import explanation
from tests.reports.graded import FIRST, MISTAKE, SUBMISSION, explain_verdict, verdict


def text_of(name: str, level: Level) -> str:
    """All that a form says of the whole submission to a student of this level."""
    document = FORMATS[name].render(SUBMISSION, disclose(explain_verdict(), Feedback(level), 1))
    if name == "junit":
        return fromstring(document).findtext("testsuite/system-err") or ""  # noqa: S314 - our own document
    field = {"gradescope": "output", "prairielearn": "message", "lti": "comment"}[name]
    return str(json.loads(document)[field])


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_names_mistake_hint_and_line_and_keeps_the_strong_hint(name: str) -> None:
    text = text_of(name, Level.FULL)
    for part in (MISTAKE.title, MISTAKE.hint, MISTAKE.read, FIRST.message):
        assert part in text
    assert MISTAKE.strong_hint not in text


@pytest.mark.parametrize("name", FORMATS)
def test_no_form_says_more_than_the_level_shows(name: str) -> None:
    hints = text_of(name, Level.HINT)
    assert MISTAKE.hint in hints
    assert not any(part in hints for part in (MISTAKE.title, MISTAKE.strong_hint, FIRST.message))
    assert MISTAKE.hint not in text_of(name, Level.SCORE)


def test_an_unlocked_strong_hint_is_said_where_hints_stand_alone() -> None:
    student_verdict = disclose(explain_verdict(), Feedback(Level.HINT, strong_hint_after=2), 3)
    assert MISTAKE.strong_hint in explanation(student_verdict)


def test_of_several_explanations_the_best_is_said_and_all_hints_where_they_stand_alone() -> None:
    other_mistake = dataclasses.replace(MISTAKE, title="", hint="And above zero?")
    two_mistakes = dataclasses.replace(explain_verdict(), diagnosis=(MISTAKE, other_mistake))
    assert other_mistake.hint not in explanation(two_mistakes)
    assert other_mistake.hint in explanation(dataclasses.replace(two_mistakes, level=Level.HINT))


def test_what_nothing_explains_has_no_explanation() -> None:
    assert explanation(verdict()) == ""
