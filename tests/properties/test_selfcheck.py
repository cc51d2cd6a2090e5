"""A suite that lets a known mistake pass is refused."""

from dataclasses import replace

import pytest

from grader.assignment import parse
from grader.errors import AssignmentError
from grader.model import Assignment, Home, Range
from grader.properties.drawing import draw
from grader.properties.engine import Judge
from grader.properties.selfcheck import selfcheck

BASE = 'id = "x"\ntitle = "X"\n'


def test_the_shipped_assignment_catches_every_mistake(udl: Judge) -> None:
    """And accepts the reference on every network."""
    found = selfcheck(udl.revision)
    assert found.sound
    assert found.reference_rejected == 0
    assert min(catch.networks for catch in found.catches) >= 10


def test_a_suite_without_hidden_layers_is_refused_and_says_what_would_pass() -> None:
    """No derivative of an activation is ever asked for."""
    flat = replace(Assignment("x", "x"), home=Home(depth=0))
    found = selfcheck(draw(replace(flat, ranges=replace(flat.ranges, depth=Range(0, 0)))))
    assert not found.sound
    assert {"no_derivative", "missing_transpose"} <= {mistake.id for mistake in found.missed}


def test_a_suite_of_one_width_lets_a_missing_transpose_pass_only_where_widths_are_one() -> None:
    """With every size one, transposes cannot be seen."""
    one = replace(Assignment("x", "x"), home=Home(2, 1, 1, 1))
    ranges = replace(one.ranges, widths=Range(1, 1), inputs=Range(1, 1), outputs=Range(1, 1))
    found = selfcheck(draw(replace(one, ranges=ranges)))
    assert "missing_transpose" in {mistake.id for mistake in found.missed}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("id = ", "no TOML"),
        ('title = "x"', "id"),
        (BASE + "colour = 1", "colour"),
        (BASE + "[ranges]\ndepth = [3, 1]", "depth is [3, 1]"),
        (BASE + "[ranges]\ndepth = [0, 99]", "within [0, 32]"),
        (BASE + 'activation = "swish"', "activation"),
        (BASE + 'loss = "softmax_cross_entropy"', "two outputs"),
        (BASE + "networks = 5", "fewer than"),
        (BASE + "[rubric]\npure = -1", "rubric.pure"),
    ],
)
def test_an_unusable_assignment_is_refused_with_the_field_named(text: str, named: str) -> None:
    """The message says what to mend."""
    with pytest.raises(AssignmentError, match=r"assignment\.toml") as caught:
        parse(text, "assignment.toml")
    assert named in str(caught.value)
