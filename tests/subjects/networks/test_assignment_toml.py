"""An assignment's TOML: feedback, and references."""

from dataclasses import fields

import pytest

from grader.errors import BadAssignment
from grader.model.assignment import Feedback, Level
from grader.model.stored import assignment_to_json
from grader.subjects.kinds import parse
from grader.subjects.networks.assignment import Assignment, References, Rubric, assignment_from_json

BASE = 'id = "x"\ntitle = "X"\n'


def toml(feedback: str) -> str:
    return f'id = "x"\ntitle = "X"\n[feedback]\n{feedback}\n'


def test_without_a_word_of_it_everything_is_shown() -> None:
    assert parse('id = "x"\ntitle = "X"', "x.toml").feedback == Feedback(Level.FULL, 0, 0, ())


def test_feedback_is_read_and_survives_json() -> None:
    text = toml('level = "hint"\nstrong_hint_after = 2\nfull_after = 5\nhidden = ["pure", "any_shape", "pure"]')
    assignment = parse(text, "x.toml")
    assert assignment.feedback == Feedback(Level.HINT, 2, 5, ("any_shape", "pure"))
    assert assignment_from_json(assignment_to_json(assignment)) == assignment


@pytest.mark.parametrize("name", [field.name for field in fields(Rubric)])
def test_every_property_may_be_hidden(name: str) -> None:
    assert parse(toml(f'hidden = ["{name}"]'), "x.toml").feedback.hidden == (name,)


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


def references_of(text: str) -> References:
    """The references of an assignment's TOML."""
    assignment = parse(text, "a.toml")
    assert isinstance(assignment, Assignment)
    return assignment.references


def test_references_are_those_of_the_notebook_unless_the_file_has_its_own() -> None:
    assert references_of(BASE) == References()
    own = references_of(BASE + '[references]\nbias_gradient = "Lecture 3"\nrelu_derivative = ""\n')
    assert (own.bias_gradient, own.relu_derivative) == ("Lecture 3", "")
    assert own.weight_gradient == References().weight_gradient


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f'bias_gradient = "{"x" * 101}"', "write a text of at most 100 characters"),
        ("bias_gradient = 7", "references.bias_gradient is 7: write a text of at most 100 characters"),
        ('any_shape = "x"', "references.any_shape is no key of an assignment"),
    ],
)
def test_a_reference_is_a_short_text_for_a_row_with_a_line(line: str, sentence: str) -> None:
    with pytest.raises(BadAssignment) as refusal:
        parse(f"{BASE}[references]\n{line}\n", "a.toml")
    assert sentence in str(refusal.value)
