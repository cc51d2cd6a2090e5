"""Notes and questions over HTTP: who may write and read them, and what is refused."""

import io
import json
import zipfile
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.concluding import conclude

QUESTIONS = "/courses/course/questions"


@pytest.fixture
def name(portal: Asker, store: Store) -> str:
    """A submission of Ada's with a verdict."""
    submission = str(portal.submit().get_json()["id"])
    conclude(store, submission)
    return submission


def ask(asker: Asker, name: str, text: str = "Why?") -> TestResponse:
    """Ask about a submission."""
    return asker.post(f"/submissions/{name}/questions", json={"text": text})


def answer(asker: Asker, name: str, question: str, **body: Any) -> TestResponse:
    """Answer a question."""
    return asker.ask("PUT", f"/submissions/{name}/questions/{question}/answer", json={"text": "So.", **body})


def test_a_note_is_in_the_submission_for_who_may_read_it(
    app: Flask, store: Store, staff: Asker, portal: Asker, name: str
) -> None:
    response = staff.post(f"/submissions/{name}/notes", json={"text": "Look at\nline 3."})
    note = response.get_json()
    assert (response.status_code, note["text"], note["author"]) == (201, "Look at\nline 3.", "test")
    assert sorted(note) == ["author", "id", "recorded_at", "text"]
    for reader in (staff, portal):
        assert reader.get(f"/submissions/{name}").get_json()["notes"] == [note]
    only_submits = Asker.with_token(app, store, "course", Scope.SUBMIT)
    assert only_submits.post(f"/submissions/{name}/cancel").get_json()["notes"] == []
    place = response.headers["Location"].removeprefix("/api/v1")
    assert [staff.delete(place).status_code for _ in range(2)] == [204, 404]
    assert portal.get(f"/submissions/{name}").get_json()["notes"] == []


def test_a_question_is_asked_listed_and_answered(staff: Asker, portal: Asker, name: str) -> None:
    response = ask(portal, name)
    question = response.get_json()
    assert (response.status_code, response.headers["Location"]) == (201, f"/api/v1/submissions/{name}")
    assert question | {"submission": name, "student": "ada", "state": "open", "answer": None} == question
    assert ask(portal, name).status_code == 200
    assert staff.get(QUESTIONS).get_json()["items"] == [question]
    refused = answer(staff, name, question["id"], marks_changed=True)
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/conflict")
    assert staff.get(QUESTIONS).get_json()["items"] == [question]
    staff.ask("PUT", "/courses/course/assignments/udl-7.2/overrides/ada", json={"share": 0.5, "reason": "read again"})
    given = answer(staff, name, question["id"], marks_changed=True).get_json()
    assert (given["text"], given["author"], given["marks_changed"]) == ("So.", "test", True)
    answered = {**question, "state": "marks_changed", "answer": given}
    assert portal.get(f"/submissions/{name}").get_json()["questions"] == [answered]
    assert staff.get(QUESTIONS).get_json()["items"] == []
    assert staff.get(f"{QUESTIONS}?state=marks_changed").get_json()["items"] == [answered]


def test_what_cannot_be_asked_is_refused(portal: Asker, name: str) -> None:
    assert ask(portal, str(portal.submit("bob").get_json()["id"])).status_code == 409
    ask(portal, name)
    assert ask(portal, name, "And this?").get_json()["type"] == "/problems/conflict"
    for text in ("", " \n ", "x" * 2001):
        (error,) = ask(portal, name, text).get_json()["errors"]
        assert error["pointer"] == "/text"
    assert ask(portal, "nothing").status_code == 404


def test_staff_of_the_course_write_and_nobody_else(staff: Asker, portal: Asker, stranger: Asker, name: str) -> None:
    question = ask(portal, name).get_json()["id"]
    assert portal.post(f"/submissions/{name}/notes", json={"text": "a"}).status_code == 403
    assert answer(portal, name, question).status_code == 403
    assert portal.get(QUESTIONS).status_code == 403
    assert stranger.post(f"/submissions/{name}/notes", json={"text": "a"}).status_code == 404
    assert answer(stranger, name, question).status_code == 404
    assert stranger.get(QUESTIONS).status_code == 404
    assert answer(staff, name, "nothing").status_code == 404


def test_the_export_has_what_was_written(staff: Asker, portal: Asker, name: str) -> None:
    staff.post(f"/submissions/{name}/notes", json={"text": "a"})
    ask(portal, name)
    archive = zipfile.ZipFile(io.BytesIO(staff.get("/courses/course/export").data))
    written = json.loads(archive.read(f"submissions/{name}/messages.json"))
    assert [note["text"] for note in written["notes"]] == ["a"]
    assert [question["text"] for question in written["questions"]] == ["Why?"]


def test_in_an_archived_course_students_read_and_ask_nothing(staff: Asker, portal: Asker, name: str) -> None:
    staff.post(f"/submissions/{name}/notes", json={"text": "Well done."})
    staff.ask("PATCH", "/courses/course", json={"archived": "2020-01-01T00:00:00Z"})
    assert len(portal.get(f"/submissions/{name}").get_json()["notes"]) == 1
    refusal = ask(portal, name)
    assert (refusal.status_code, "archived" in refusal.get_json()["detail"]) == (409, True)
    staff.ask("PATCH", "/courses/course", json={"archived": None})
    assert ask(portal, name).status_code == 201


def test_while_verdicts_are_held_back_students_read_nothing_and_ask_nothing(
    staff: Asker, portal: Asker, name: str
) -> None:
    staff.post(f"/submissions/{name}/notes", json={"text": "8 of 10"})
    policy = "/courses/course/assignments/udl-7.2/policy"
    assert staff.ask("PUT", policy, json={"held_back": True}).status_code == 200
    assert portal.get(f"/submissions/{name}").get_json()["notes"] == []
    assert len(staff.get(f"/submissions/{name}").get_json()["notes"]) == 1
    refusal = ask(portal, name)
    assert (refusal.status_code, "held back" in refusal.get_json()["detail"]) == (409, True)
    staff.ask("PUT", policy, json={"held_back": False})
    assert len(portal.get(f"/submissions/{name}").get_json()["notes"]) == 1
    assert ask(portal, name).status_code == 201
