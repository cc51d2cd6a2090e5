"""Equal code by the API and on its page: the groups, for staff."""

import re
from pathlib import Path
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
from tests.web.visitor import Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

ROOT = Path(__file__).parents[2]
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
    store.launches.record_user(LtiUser("course", "lea", "7", staff=True, instructed=True))
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


def test_the_page_names_each_group_with_its_submissions_and_escapes_names(
    app: Flask, store: Store, staff: Asker
) -> None:
    store.courses.put_roster("course", [RosterEntry("ada", "Ada <b>", section="A")], "csv", "staff")
    names = [hand_in(staff, store, student, "a" * 64) for student in ("ada", "ada", "bob")]
    hand_in(staff, store, "zoe-7", "b" * 64)
    visitor = Visitor(app, store, "course", Scope.ASSIST)
    text = visitor.get(f"{PLACE}/equal-code")
    assert [f"/submissions/{name}" in text for name in names] == [True, True, True]
    assert "Ada &lt;b&gt;" in text
    assert "2 students" in text
    assert "zoe-7" not in text
    assert f"{PLACE}/equal-code" in visitor.get(PLACE)


def test_the_page_says_when_there_is_no_group_and_how_many_have_the_same_as_all(
    app: Flask, store: Store, staff: Asker
) -> None:
    visitor = Visitor(app, store)
    assert "Nobody has handed in yet." in visitor.get(f"{PLACE}/equal-code")
    hand_in(staff, store, "s1", "a" * 64)
    assert "No two students have equal code." in visitor.get(f"{PLACE}/equal-code")
    for number in range(2, 10):
        hand_in(staff, store, f"s{number}", "a" * 64 if number < 9 else "b" * 64)
    text = visitor.get(f"{PLACE}/equal-code")
    assert "8 of 9 students who handed in have code that nearly everybody has." in text
    assert "No other code is equal." in text


#: Words that say more than that code is equal.
_ACCUSING = re.compile(r"plagiar|cheat|cop(y|ied|ies)|suspi|collu[ds]|misconduct|dishonest|fraud|violat", re.IGNORECASE)


def test_no_face_of_equal_code_accuses_anybody() -> None:
    files = [file for file in ROOT.glob("grader/**/*equal_code*") if file.suffix in {".py", ".html"}]
    assert len(files) == 6
    files += [ROOT / "grader/web/usecases/code_export.py", ROOT / "docs/instructor/similar.md"]
    assert [file.name for file in files if _ACCUSING.search(file.read_text("utf-8"))] == []
