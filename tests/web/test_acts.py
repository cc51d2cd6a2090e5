"""What staff take out of a course or set going is in its log: who, what and when, one entry an act."""

import pytest
from flask import Flask

from backmark.grader.model.lti import LtiContext
from backmark.grader.store.store import Store
from tests.store.making import make_notification
from tests.web.asking import Asker
from tests.web.concluding import conclude, fail_submission
from tests.web.verdicts import passing_verdict
from tests.web.visitor import HOME, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

COURSE, UDL = "/courses/course", "/courses/course/assignments/udl-7.2"


def list_acts(store: Store) -> list[tuple[str, str, str]]:
    """The log, oldest first: act, subject, student."""
    entries = reversed(store.courses.audit("course").items)
    return [(entry.act, entry.subject, entry.student) for entry in entries if not entry.act.startswith("token.")]


def test_what_staff_read_and_export_by_the_api_is_logged(staff: Asker, store: Store) -> None:
    name = staff.submit().get_json()["id"]
    conclude(store, name, passing_verdict())
    store.launches.record_context(LtiContext("course", "p", "1", "c", roster_url="https://lms.example/members"))
    for path in (f"/submissions/{name}/source", f"{UDL}/marks?format=csv", f"{COURSE}/gradebook?format=csv"):
        assert staff.get(path).status_code == 200
    for path in (f"{COURSE}/gradebook", f"{COURSE}/export"):
        assert staff.get(path).status_code == 200
    assert staff.post(f"{COURSE}/roster-reading").status_code == 202
    assert list_acts(store) == [
        ("source.read", name, "ada"),
        ("marks.export", "udl-7.2", ""),
        ("gradebook.export", "", ""),
        ("course.export", "", ""),
        ("roster.read", "", ""),
    ]


def test_what_staff_read_and_export_on_pages_is_logged(app: Flask, store: Store, staff: Asker) -> None:
    visitor, name = Visitor(app, store), staff.submit().get_json()["id"]
    for path in (f"{HOME}/submissions/{name}/source", f"{UDL}/marks.csv", f"{HOME}/export"):
        assert visitor.client.get(path).status_code == 200
    assert [act for act, _, _ in list_acts(store)] == ["source.read", "marks.export", "course.export"]
    log = visitor.read(f"{HOME}/log")
    for words in (f"downloaded the file of submission {name} by ada", "downloaded the marks", "exported the course"):
        assert words in log


def test_retries_and_cancellations_are_logged_once_an_act(app: Flask, store: Store, staff: Asker) -> None:
    visitor = Visitor(app, store)
    names = [staff.submit(student).get_json()["id"] for student in ("ada", "bob", "eve")]
    staff.post(f"/submissions/{names[0]}/cancel")
    for name in names[1:]:
        fail_submission(store, name)
    staff.post(f"/submissions/{names[1]}/retry")
    assert staff.post("/retries", json={}).get_json()["retried"] == [names[2]]
    assert staff.post("/retries", json={}).get_json()["retried"] == []
    visitor.post(f"{HOME}/submissions/{names[1]}/cancel")
    fail_submission(store, names[2])
    visitor.post(f"{HOME}/retry")
    assert list_acts(store) == [
        ("submission.cancel", names[0], "ada"),
        ("submission.retry", names[1], "bob"),
        ("submissions.retry", "", ""),
        ("submission.cancel", names[1], "bob"),
        ("submissions.retry", "", ""),
    ]


def test_notifications_are_logged_with_their_author(staff: Asker, store: Store) -> None:
    endpoint, _ = make_notification(store, "https://portal.example/hook", course="course")
    assert staff.post(f"/callbacks/{endpoint.id}/rotate").status_code == 200
    assert staff.delete(f"/callbacks/{endpoint.id}").status_code == 204
    assert list_acts(store) == [("notification.rotate", endpoint.id, ""), ("notification.remove", endpoint.id, "")]
    assert {entry.author for entry in store.courses.audit("course").items} == {"test"}
