"""What an assignment's TOML says of feedback."""

from dataclasses import fields

import pytest

from grader.errors import BadAssignment
from grader.model.assignment import Feedback, Level
from grader.model.stored import assignment_to_json
from grader.subjects.kinds import parse
from grader.subjects.networks.assignment import Rubric, assignment_from_json


def toml(feedback: str) -> str:
    return f'id = "x"\ntitle = "X"\n[feedback]\n{feedback}\n'


def test_without_a_word_of_it_everything_is_shown() -> None:
    assert parse('id = "x"\ntitle = "X"', "x.toml").feedback == Feedback(Level.FULL, 0, 0, ())


def test_feedback_is_read_and_survives_json() -> None:
    text = toml('level = "hint"\nstrong_hint_after = 2\nfull_after = 5\nhidden = ["pure", "any_shape", "pure"]')
    made = parse(text, "x.toml")
    assert made.feedback == Feedback(Level.HINT, 2, 5, ("any_shape", "pure"))
    assert assignment_from_json(assignment_to_json(made)) == made


@pytest.mark.parametrize("each", [each.name for each in fields(Rubric)])
def test_every_property_may_be_hidden(each: str) -> None:
    assert parse(toml(f'hidden = ["{each}"]'), "x.toml").feedback.hidden == (each,)


@pytest.mark.parametrize(
    ("feedback", "field"),
    [
        ('level = "all"', "feedback.level"),
        ("strong_hint_after = -1", "feedback.strong_hint_after"),
        ("full_after = 1.5", "feedback.full_after"),
        ('hidden = ["weights"]', "feedback.hidden is"),
        ("after = 1", "feedback.after"),
    ],
)
def test_what_is_wrong_is_named(feedback: str, field: str) -> None:
    with pytest.raises(BadAssignment, match=field):
        parse(toml(feedback), "x.toml")
