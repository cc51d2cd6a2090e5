"""Which students are listed, and which rules are refused."""

from dataclasses import replace

import pytest

from backmark.grader.courses.checks import extension_faults, outage_faults, policy_faults
from backmark.grader.courses.limits import LinkTimes, link_times
from backmark.grader.courses.marks import decides, mark_course
from backmark.grader.model.fields import faults
from backmark.grader.model.marks import Attempt
from backmark.grader.model.stored import read
from backmark.grader.model.terms import CourseTerms, Extension, Outage, Override, OverrideKind, Policy


def extension(**values: float) -> Extension:
    """One that sets these alone."""
    due, closes, attempts = values.get("due"), values.get("closes"), values.get("attempts")
    return Extension("ada", due, closes, None if attempts is None else int(attempts), "staff", "ill", 0)


def test_everybody_of_whom_something_is_recorded_is_listed_once() -> None:
    rules = CourseTerms(
        *(None, {"cy": replace(extension(due=9), student="cy")}, ()),
        {"dan": Override("dan", 0.5, "staff", "in bo's group")},
    )
    markings = list(mark_course(["bo", "ada"], {"ada": [Attempt("s", 1, 0.25)], "eve": []}, rules))
    assert [(marking.student, marking.share) for marking in markings] == [
        ("ada", 0.25),
        ("bo", None),
        ("cy", None),
        ("dan", 0.5),
        ("eve", None),
    ]


def test_an_override_differs_once_another_mark_is_computed() -> None:
    rules = CourseTerms(None, {}, (), {"ada": Override("ada", 0.5, "staff", "spoken with", computed=0.25)})
    before, after = (next(iter(mark_course([], {"ada": [Attempt("s", 1, share)]}, rules))) for share in (0.25, 0.75))
    assert (before.differs, after.differs) == (False, True)
    assert (after.share, after.computed) == (0.5, 0.75)


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (Policy(opens=5, due=5), "due"),
        (Policy(opens=5, closes=4), "closes"),
        (Policy(due=300, closes=240), "closes"),
        (Policy(late=101), "late"),
        (Policy(late=float("nan")), "late"),
        (Policy(floor=-1), "floor"),
        (Policy(grace=-1), "grace"),
        (Policy(attempts=0), "attempts"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused_at_its_field(policy: Policy, field: str) -> None:
    assert [fault.field for fault in policy_faults(policy)] == [field]


def test_a_policy_may_close_when_it_is_due() -> None:
    assert not list(policy_faults(Policy(opens=1, due=5, closes=5, grace=60, late=0, floor=100, attempts=1)))


def test_what_staff_give_a_student_is_checked_beside_the_policy() -> None:
    policy = Policy(opens=60, due=300, closes=420)
    assert not list(extension_faults(extension(due=540), policy))
    assert [fault.field for fault in extension_faults(extension(), policy)] == ["due"]
    assert [fault.field for fault in extension_faults(extension(due=540, closes=480), policy)] == ["closes"]
    assert [fault.field for fault in extension_faults(extension(closes=240), policy)] == ["closes"]
    assert [fault.field for fault in outage_faults(Outage(5, 5, "staff", " ", 0))] == ["end", "reason"]
    assert [fault.field for fault in faults(Override("ada", 1.5, "staff", "x" * 501, 0))] == [
        "share",
        "reason",
    ]


def test_an_override_that_an_earlier_version_stored_is_fixed() -> None:
    stored = {"student": "ada", "share": 0.5, "author": "staff", "reason": "oral", "recorded": 1.0, "computed": 0.25}
    override = read(Override, stored)
    assert override.kind is OverrideKind.FIXED
    assert decides(override, 0.75)


@pytest.mark.parametrize(
    ("closes", "lasting", "hands_in", "reads"),
    [(None, True, 9, None), (5, True, 5, None), (12, True, 12, None), (None, False, 9, 9), (5, False, 5, 9)],
)
def test_closing_ends_the_handing_in_by_a_link_and_only_its_days_the_reading(
    closes: float | None, hands_in: float, reads: float | None, *, lasting: bool
) -> None:
    assert link_times(9, closes, lasting=lasting) == LinkTimes(hands_in, reads)
