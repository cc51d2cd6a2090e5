"""Who sees and sets what of notes, questions and answers."""

from typing import Any

from backmark.grader.model.fields import noun_fields
from backmark.grader.model.messages import LONGEST_TEXT, Answer, Note, Question, QuestionState
from backmark.grader.model.views import GIVEN, SERVED, SHOWN_TO_STUDENTS, show

ANSWER = Answer("So.", "prof", marks_changed=True, recorded=2.0)
QUESTION = Question("Why?", "s1", "relu", "ada", QuestionState.MARKS_CHANGED, ANSWER, 1.0, "q1")


def test_fields_by_role() -> None:
    """Whoever changes who sees or sets what changes this list too."""
    assert GIVEN[Note] == GIVEN[Question] == ("text",)
    assert GIVEN[Answer] == ("text", "marks_changed")
    assert {
        Note: ("text", "author", "recorded"),
        Question: ("text", "state", "asked", "answer"),
        Answer: ("text", "marks_changed", "author", "recorded"),
    } == SHOWN_TO_STUDENTS


def test_students_see_nothing_that_is_not_served() -> None:
    for kind, names in SHOWN_TO_STUDENTS.items():
        assert set(names) <= set(SERVED[kind]), kind


def test_a_view_holds_for_the_nouns_in_a_noun_too() -> None:
    answer = {"text": "So.", "marks_changed": True, "author": "prof", "recorded": 2.0}
    shown = {"text": "Why?", "state": QuestionState.MARKS_CHANGED, "asked": 1.0, "answer": answer}
    assert show(QUESTION, SHOWN_TO_STUDENTS) == shown


def test_texts_of_all_three_have_the_same_bounds() -> None:
    for kind in (Note, Question, Answer):
        described: Any = kind
        text = noun_fields(described)["text"]
        assert text.fault("x" * LONGEST_TEXT) == ""
        assert text.fault("a\nb") == ""
        assert text.fault(" \n") != ""
        assert text.fault("x" * (LONGEST_TEXT + 1)) != ""
