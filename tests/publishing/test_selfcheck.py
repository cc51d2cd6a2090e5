"""A suite that lets a known mistake pass is refused."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from grader.errors import AssignmentError
from grader.model.assignment import Feedback
from grader.publishing.selfcheck import selfcheck
from grader.subjects.kinds import parse
from grader.subjects.networks.assignment import Assignment, Home, Range, Ranges, References, Rubric
from grader.subjects.networks.assignment_toml import (
    WANTED,
    _AssignmentTable,
    _HomeTable,
    _RangesTable,
)
from grader.subjects.networks.building import Values
from grader.subjects.networks.draw import draw
from grader.subjects.networks.revision import NetworksRevision
from grader.subjects.toml_tables import LimitsTable
from tests.judge.test_shrinking import RIGHT
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.seeded import measure_seeded

_TABLES: dict[str, Collection[str]] = {
    "ranges": _RangesTable.model_fields,
    "home": _HomeTable.model_fields,
    "limits": LimitsTable.model_fields,
    "rubric": Rubric.__dataclass_fields__,
    "feedback": Feedback.__dataclass_fields__,
    "references": References.__dataclass_fields__,
}

BASE = 'id = "x"\ntitle = "X"\n'


def test_the_shipped_assignment_catches_every_mistake(udl: NetworksJudge) -> None:
    """And accepts the reference on every network."""
    report = selfcheck(udl.revision)
    assert report.sound
    assert report.reference_rejected == 0
    assert min(caught_mistake.cases for caught_mistake in report.catches) >= 10


def test_a_suite_without_hidden_layers_counts_no_mistake_of_hidden_layers() -> None:
    """What is right on every network of the ranges is no mistake there: such an assignment can be published."""
    flat = Assignment("x", "x", home=Home(depth=0), ranges=Ranges(depth=Range(0, 0)), networks=60)
    report = selfcheck(draw(flat, choice=1))
    assert report.sound
    assert {"no_derivative", "missing_transpose"} <= {mistake.id for mistake in report.right_here}


def test_where_every_size_is_one_a_missing_transpose_is_none() -> None:
    """Transposes cannot be seen there, by anybody."""
    width_range = Range(1, 1)
    ranges = Ranges(depth=Range(0, 2), widths=width_range, inputs=width_range, outputs=width_range)
    report = selfcheck(draw(Assignment("x", "x", ranges=ranges, home=Home(2, 1, 1, 1), networks=60), choice=1))
    assert report.sound
    assert "missing_transpose" in {mistake.id for mistake in report.right_here}


def test_a_suite_of_values_with_few_bits_is_refused_for_what_rounds() -> None:
    """As the networks of earlier versions were: odd multiples of 1/64."""
    assignment = Assignment("x", "x")
    suite = measure_seeded(assignment, range(60), Values())
    missed_ids = {mistake.id for mistake in selfcheck(NetworksRevision(assignment, suite)).missed}
    assert {
        f"{part}_in_{kind}" for part in ("inputs", "weights", "targets") for kind in ("float16", "bfloat16")
    } <= missed_ids


def test_what_rounds_is_caught_on_most_of_the_shipped_networks(udl: NetworksJudge) -> None:
    """Weights, inputs and targets, to float16, bfloat16 and nine bits of fixed point."""
    rounding_cases = {c.mistake.id: c.cases for c in selfcheck(udl.revision).catches if "_in_" in c.mistake.id}
    assert len(rounding_cases) == 9
    assert min(rounding_cases.values()) >= 120


def test_an_assignment_whose_home_is_not_drawn_is_refused() -> None:
    """The shape that the notebook tries would be one that no network of the ranges has."""
    assignment = Assignment("x", "x", ranges=Ranges(depth=Range(0, 3)), networks=60)
    (fault,) = selfcheck(draw(assignment, choice=1)).faults
    assert fault.startswith("home.depth is 5, and ranges.depth is [0, 3]: the notebook's own shape lies outside")
    assert "set home.depth to a value within" in fault


def test_an_assignment_without_marks_is_refused(udl: NetworksJudge) -> None:
    """Also where all marks are on steps that no network puts to the test."""
    no_marks = Rubric(0, 0, 0, 0, 0)
    revision = NetworksRevision(replace(udl.assignment, rubric=no_marks), udl.revision.suite)
    assert any("has any marks" in fault for fault in selfcheck(revision).faults)
    flat = Assignment("x", "x", home=Home(depth=0), ranges=Ranges(depth=Range(0, 0)), networks=40)
    hidden = replace(flat, rubric=Rubric(0, 0, 2, 2, 0))
    assert any("has any marks" in fault for fault in selfcheck(draw(hidden, choice=1)).faults)


def test_a_right_submission_has_all_marks_where_steps_cannot_be_put_to_the_test() -> None:
    """Their marks could not be had by anybody."""
    flat = Assignment("x", "x", home=Home(depth=0), ranges=Ranges(depth=Range(0, 0)), networks=40)
    judge = NetworksJudge(draw(flat, choice=1))
    judgement = judge.judge(local(RIGHT, flat), lambda: local(RIGHT, flat))
    assert judgement.outcome.value == "passed"
    assert sum(row.score for row in judgement.properties) == sum(row.max_score for row in judgement.properties) == 6


def test_every_key_of_an_assignment_says_what_to_write() -> None:
    """So that no message is pydantic's own."""
    keys = set(_AssignmentTable.model_fields)
    for table, names in _TABLES.items():
        keys |= {f"{table}.{name}" for name in names}
    assert keys == set(WANTED)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("id = ", "no TOML"),
        ('title = "x"', "id is missing: write letters"),
        (BASE + "colour = 1", "colour is no key of an assignment: write one of id, title"),
        (BASE + 'activaton = "relu"', "activaton is no key of an assignment: did you mean activation?"),
        (BASE + "depth = 3", "depth is no key of an assignment: did you mean home.depth?"),
        (BASE + "[ranges]\ndeph = [0, 3]", "did you mean ranges.depth?"),
        (BASE + "[ranges]\nzzz = [0, 3]", "write one of depth, widths, inputs, outputs, columns"),
        (BASE + "ranges = 3", "ranges is 3: write a table of its own"),
        (BASE + "[ranges]\ndepth = [3]", "ranges.depth is [3]: write two whole numbers"),
        (BASE + 'networks = "many"', 'networks is "many": write a whole number from 1 to 2000'),
        (BASE + 'function = "class"', "Python keeps for itself"),
        (BASE + 'reduction = "median"', 'reduction is "median": write one of "sum", "mean"'),
        (BASE + "[ranges]\ndepth = [3, 1]", "depth is [3, 1]"),
        (BASE + "[ranges]\ndepth = [0, 99]", "within [0, 32]"),
        (BASE + 'activation = "swish"', "activation"),
        (BASE + 'loss = "softmax_cross_entropy"', "two outputs"),
        (BASE + "networks = 5", "fewer than"),
        (BASE + "[rubric]\npure = -1", "rubric.pure"),
    ],
)
def test_an_unusable_assignment_is_refused_with_the_field_named(text: str, field: str) -> None:
    """The message says what to mend."""
    with pytest.raises(AssignmentError, match=r"assignment\.toml") as error:
        parse(text, "assignment.toml")
    assert field in str(error.value)
