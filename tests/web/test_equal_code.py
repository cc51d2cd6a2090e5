"""Equal code by the API and on its page: the groups, for staff."""

from typing import Any

import pytest
from flask import Flask

from backmark.grader.model.lti import LtiUser
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict, passing_verdict

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

PLACE = "/courses/course/assignments/udl-7.2"
TEST_STUDENT = f"test-student-{'0' * 24}"


def hand_in(staff: Asker, store: Store, student: str, code: str, verdict: dict[str, Any] | None = None) -> str:
    """The id of a submission of a file of its own with a verdict on this code."""
    name = str(staff.submit(student, source=f"# {student}, {code}\n").get_json()["id"])
    conclude(store, name, (verdict or passing_verdict()) | {"fingerprint": code})
    return name


def test_groups_of_equal_code_are_read_with_names_and_submissions(staff: Asker, store: Store) -> None:
    store.courses.put_roster("course", [RosterEntry("ada", "Ada Lovelace", section="A")], "csv", "staff")
    first, second = hand_in(staff, store, "ada", "a" * 64), hand_in(staff, store, "bob", "a" * 64, failing_verdict())
    hand_in(staff, store, "eve", "b" * 64)
    answer = staff.get(f"{PLACE}/equal-code").get_json()
    (group,) = answer.pop("groups")
    assert answer == {"handed_in": 3, "common": 0}
    assert group["fingerprint"] == "a" * 64
    ada, bob = group["students"]
    assert (ada["student"], ada["name"], ada["section"], ada["verified"]) == ("ada", "Ada Lovelace", "A", True)
    assert (bob["student"], bob["name"], bob["section"]) == ("bob", "", None)
    assert [one["id"] for student in (ada, bob) for one in student["submissions"]] == [first, second]
    assert [one["outcome"] for student in (ada, bob) for one in student["submissions"]] == ["passed", "failed"]


def test_refused_and_deleted_files_and_those_of_test_students_and_staff_are_in_no_group(
    staff: Asker, store: Store
) -> None:
    hand_in(staff, store, "ada", "a" * 64)
    hand_in(staff, store, "bob", "a" * 64, passing_verdict() | {"outcome": "rejected"})
    hand_in(staff, store, TEST_STUDENT, "a" * 64)
    store.launches.record_user(LtiUser("course", "lea", "7", staff=True))
    hand_in(staff, store, "lea", "a" * 64)
    staff.delete(f"/submissions/{hand_in(staff, store, 'eve', 'a' * 64)}")
    assert staff.get(f"{PLACE}/equal-code").get_json() == {"handed_in": 1, "common": 0, "groups": []}


def test_files_that_wait_are_equal_by_their_bytes(staff: Asker) -> None:
    for student in ("ada", "bob"):
        staff.submit(student)
    (group,) = staff.get(f"{PLACE}/equal-code").get_json()["groups"]
    assert [one["outcome"] for student in group["students"] for one in student["submissions"]] == [None, None]


def test_equal_code_is_for_staff_of_the_course(app: Flask, store: Store, portal: Asker, stranger: Asker) -> None:
    assistant = Asker.with_token(app, store, "course", Scope.ASSIST)
    askers = (assistant, portal, stranger)
    assert [asker.get(f"{PLACE}/equal-code").status_code for asker in askers] == [200, 403, 404]
    unknown = assistant.get("/courses/course/assignments/none/equal-code")
    assert unknown.get_json()["type"] == "/problems/unknown-assignment"
