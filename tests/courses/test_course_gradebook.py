"""The gradebook of a course: the marks as they count, and what is missing only once it should be there."""

import pytest

from backmark.grader.courses.course_gradebook import AssignmentMarks, make_gradebook
from backmark.grader.courses.marks import mark_course
from backmark.grader.model.gradebook import Gradebook
from backmark.grader.model.marks import Attempt
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import CourseTerms, Extension, Outage, Override, Policy

NOW = 1_000_000.0
DAY = 86_400
ROSTER = {"ada": RosterEntry("ada", "Ada", "7", "A"), "bob": RosterEntry("bob", section="B")}


def assign(
    name: str, attempts: dict[str, float | None] | None = None, policy: Policy | None = None, **terms: object
) -> AssignmentMarks:
    """An assignment with an attempt of each of these students, with this mark; None: it waits."""
    given = CourseTerms(policy, **{"extensions": {}, "outages": (), "overrides": {}} | terms)  # type: ignore[arg-type]
    tried = {student: [Attempt(f"{name}-{student}", NOW - DAY, share)] for student, share in (attempts or {}).items()}
    markings = {marking.student: marking for marking in mark_course(ROSTER, tried, given)}
    return AssignmentMarks(name, name.upper(), given, markings, {"bob": 2})


def list_missing(gradebook: Gradebook) -> dict[str, list[str]]:
    return {row.student: [mark.assignment for mark in row.marks if mark.missing] for row in gradebook.students}


def test_students_stand_by_assignments_with_the_marks_that_count() -> None:
    late = Policy(due=NOW - 2.5 * DAY, late=10)
    override = Override("bob", 0.5, "staff", "talk")
    book = make_gradebook(
        [assign("a", {"ada": 1.0, "zoe": None}, late), assign("b", {"ada": 0.4}, overrides={"bob": override})],
        ROSTER,
        NOW,
    )
    ada, bob, zoe = book.students
    assert (ada.student, ada.name, ada.lms_id, ada.section, ada.in_roster) == ("ada", "Ada", "7", "A", True)
    assert (zoe.student, zoe.section, zoe.in_roster) == ("zoe", None, False)
    assert [(mark.assignment, mark.share, mark.late_days) for mark in ada.marks] == [("a", 0.8, 2), ("b", 0.4, 0)]
    assert [(mark.share, mark.overridden, mark.refused_files) for mark in bob.marks] == [
        (None, False, 2),
        (0.5, True, 2),
    ]
    assert [mark.pending for mark in zoe.marks] == [True, False]
    # What waits is neither a mark nor missing.
    assert [row.mean for row in book.students] == [pytest.approx(0.6), 0.25, 0.0]
    assert list_missing(book) == {"ada": [], "bob": ["a"], "zoe": ["b"]}
    assert [(each.assignment, each.title, each.due, each.missing) for each in book.assignments] == [
        ("a", "A", late.due, 1),
        ("b", "B", None, 1),
    ]
    assert [(row.section, row.students, row.mean) for row in book.assignments[1].statistics] == [
        (None, 2, pytest.approx(0.45)),
        ("A", 1, 0.4),
        ("B", 1, 0.5),
        ("", 0, None),
    ]
    assert [(row.section, row.mean) for row in book.statistics][1:] == [("A", pytest.approx(0.6)), ("B", 0.25), ("", 0)]


@pytest.mark.parametrize(
    ("policy", "terms", "missing"),
    [
        (None, {}, True),
        (Policy(due=NOW), {}, True),
        (Policy(due=NOW + 1), {}, False),
        # Without a due time an assignment is due when it closes.
        (Policy(closes=NOW + 1), {}, False),
        (Policy(closes=NOW), {}, True),
        (Policy(due=NOW - 1, closes=NOW + DAY), {}, True),
        (Policy(opens=NOW + 1), {}, False),
        (Policy(due=NOW - 1), {"extensions": {"ada": Extension("ada", NOW + 1, None, None, "staff", "ill")}}, False),
        (Policy(due=NOW - 1), {"outages": (Outage(NOW - 9, NOW - 5, "staff", "down"),)}, False),
    ],
)
def test_work_is_missing_once_it_is_due(policy: Policy | None, terms: dict[str, object], missing: bool) -> None:  # noqa: FBT001 - a parameter
    ada = make_gradebook([assign("a", {}, policy, **terms)], ROSTER, NOW).students[0]
    assert (ada.marks[0].missing, ada.missing, ada.mean) == (missing, int(missing), 0.0 if missing else None)


def test_nothing_is_missing_of_who_left_or_typed_a_name_that_nobody_checks() -> None:
    roster = ROSTER | {"bob": RosterEntry("bob", left=NOW - 5)}
    book = make_gradebook([assign("a", {"eve!00": 0.5}), assign("b")], roster, NOW)
    assert list_missing(book) == {"ada": ["a", "b"], "bob": [], "eve!00": []}
    assert [(row.verified, row.mean) for row in book.students] == [(True, 0.0), (True, None), (False, 0.5)]
    assert (book.assignments[0].statistics[0].students, book.assignments[0].statistics[0].unmarked) == (1, 1)


def test_a_course_without_assignments_has_an_empty_gradebook() -> None:
    (whole,) = make_gradebook([], ROSTER, NOW).statistics
    assert (whole.students, whole.unmarked) == (0, 0)
