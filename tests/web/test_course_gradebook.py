"""The gradebook of a course by the API and on its page, for staff."""

import time
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Override, Policy
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict, passing_verdict

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

COURSE, UDL = "course", "udl-7.2"
BOOK = f"/courses/{COURSE}/gradebook"
TEST_STUDENT = f"test-student-{'0' * 24}"
ROSTER = [RosterEntry("ada", "=Ada <b>", "71", "A"), RosterEntry("bob", "Bob", "72", "B")]


def add_assignment(store: Store, name: str) -> None:
    shipped = store.assignments.current(COURSE, UDL)
    assert shipped is not None
    made = replace(shipped, id=f"r-{name}", course=COURSE, assignment_id=name, title=f"The <{name}>")
    store.assignments.publish(made, b"npz")


def hand_in(store: Store, student: str, assignment: str = UDL, verdict: dict[str, Any] | None = None) -> None:
    revision = store.assignments.current(COURSE, assignment)
    assert revision is not None
    source = f"{student} {assignment}".encode()
    new = NewSubmission(COURSE, assignment, revision.id, student, "a.py", source)
    conclude(store, store.submissions.accept(new).id, verdict or passing_verdict())


@pytest.fixture
def seated(store: Store) -> Store:
    """A class of two, of whom one is late with one of two assignments and the other lacks it."""
    store.courses.put_roster(COURSE, ROSTER, "csv", "staff")
    for name in ("week-2", "unused"):
        add_assignment(store, name)
    hand_in(store, "ada")
    hand_in(store, "bob", verdict=failing_verdict())
    hand_in(store, "ada", "week-2")
    hand_in(store, TEST_STUDENT)
    store.courses.set_policy(COURSE, "week-2", Policy(due=time.time() - 3600, late=25), "staff")
    return store


def test_the_gradebook_has_the_marks_of_each_assignment(seated: Store, staff: Asker) -> None:
    seated.courses.set_override(COURSE, UDL, Override("bob", 0.5, "staff", "talk"))
    book = staff.get(BOOK).get_json()
    assert sorted(each["assignment"] for each in book["assignments"]) == [UDL, "week-2"]
    for each in book["assignments"]:
        own = staff.get(f"/courses/{COURSE}/assignments/{each['assignment']}/marks").get_json()["items"]
        shares = {row["student"]: row["share"] for row in own}
        found = {
            row["student"]: mark["share"]
            for row in book["students"]
            for mark in row["marks"]
            if mark["assignment"] == each["assignment"]
        }
        assert found == shares
    ada, bob = book["students"]
    assert (ada["name"], ada["section"], ada["mean"], ada["missing"]) == ("=Ada <b>", "A", 0.875, 0)
    assert (bob["mean"], bob["missing"]) == (0.25, 1)
    assert [(row["section"], row["mean"]) for row in book["statistics"]] == [(None, 0.5625), ("A", 0.875), ("B", 0.25)]
    week = next(each for each in book["assignments"] if each["assignment"] == "week-2")
    assert (week["title"], week["missing"], week["due"] is None) == ("The <week-2>", 1, False)
    assert [row["students"] for row in week["statistics"]] == [1, 1, 0]


@pytest.mark.usefixtures("seated")
def test_a_section_and_a_table_for_spreadsheets_are_read(staff: Asker) -> None:
    assert [row["student"] for row in staff.get(f"{BOOK}?section=B").get_json()["students"]] == ["bob"]
    answer = staff.get(BOOK, {"Accept": "text/csv"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="gradebook-course.csv"'
    header, ada, bob = answer.text.splitlines()
    fixed = ["student", "name", "lms_id", "section", "left_course", "mean", "missing"]
    assert header.split(",")[:7] == fixed
    place = header.split(",").index("week-2")
    assert ada.startswith("ada,'=Ada <b>,71,A,,87.5,,")
    assert (ada.split(",")[place], bob.split(",")[place], bob.split(",")[6]) == ("75", "", "week-2")
    assert staff.get(f"{BOOK}?format=csv&section=A").text.count("\n") == 2
    assert staff.get(BOOK, {"Accept": "image/png"}).status_code == 406


def test_hidden_assignments_are_left_out(seated: Store, staff: Asker) -> None:
    hide = lambda before: replace(before, hidden_assignments=("week-2",))  # noqa: E731 - short
    seated.course_records.change(COURSE, hide, "staff")
    assert [each["assignment"] for each in staff.get(BOOK).get_json()["assignments"]] == [UDL]


def test_the_gradebook_is_for_staff_of_the_course(app: Flask, store: Store, portal: Asker, stranger: Asker) -> None:
    assistant = Asker.with_token(app, store, COURSE, Scope.ASSIST)
    assert [asker.get(BOOK).status_code for asker in (assistant, portal, stranger)] == [200, 403, 404]
    assert assistant.get(BOOK).get_json()["assignments"] == []
