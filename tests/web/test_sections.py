"""Sections of a course, extensions for many, and marks that are held back until they are published."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Policy
from backmark.grader.store.store import Store
from backmark.grader.web import links
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.test_pages import HTML, SECRET, make_link
from tests.web.verdicts import failing_verdict
from tests.web.visitor import Visitor

pytestmark = pytest.mark.service(secret=SECRET)

AT = "/courses/course/assignments/udl-7.2"
DUE = datetime(2100, 3, 5, 17, tzinfo=UTC).timestamp()
CLASS = [RosterEntry("ada", "Ada", section="A"), RosterEntry("bo", "Bo", section="B"), RosterEntry("eve", section="A")]


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    """A browser of somebody of the staff."""
    return Visitor(app, store)


def enrol(store: Store) -> None:
    store.courses.put_roster("course", CLASS, "csv", "prof")


def test_a_roster_has_sections_and_one_without_them_keeps_them(staff: Asker, store: Store) -> None:
    table = b"student,name,section\nada,Ada,A\nbo,Bo,B\n"
    assert staff.ask("PUT", "/courses/course/roster", data=table, content_type="text/csv").status_code == 200
    assert {name: entry.section for name, entry in store.courses.roster("course").items()} == {"ada": "A", "bo": "B"}
    staff.ask("PUT", "/courses/course/roster", data=b"student,name\nada,Ada\nbo,Bo B\n", content_type="text/csv")
    assert {name: entry.section for name, entry in store.courses.roster("course").items()} == {"ada": "A", "bo": "B"}
    staff.ask("PUT", "/courses/course/roster", data=b"student,section\nada,\n", content_type="text/csv")
    assert store.courses.roster("course")["ada"].section is None


def test_marks_are_of_one_section_where_one_is_named(staff: Asker, store: Store) -> None:
    enrol(store)
    items = staff.get(f"{AT}/marks?section=A").get_json()["items"]
    assert [(item["student"], item["section"]) for item in items] == [("ada", "A"), ("eve", "A")]


def test_a_section_gets_an_extension_and_nobody_else_does(staff: Asker, store: Store) -> None:
    enrol(store)
    body = {"section": "A", "attempts": 5, "due": "2100-03-05T18:00:00+01:00", "reason": "fire drill"}
    assert staff.post(f"{AT}/extensions", json=body).get_json() == {"given": 2}
    given = store.courses.extensions("course", "udl-7.2")
    assert {name: (each.due, each.attempts) for name, each in given.items()} == {"ada": (DUE, 5), "eve": (DUE, 5)}
    refusal = staff.post(f"{AT}/extensions", json={**body, "section": "Z"})
    assert (refusal.status_code, "in the section Z" in refusal.get_json()["detail"]) == (404, True)


def test_a_table_gives_each_row_an_extension_or_none_at_all(staff: Asker, store: Store) -> None:
    table = b"student,due,attempts,reason\nada,2100-03-05T18:00+01:00,,ill\nbo,,7,moved\n"
    answer = staff.post(f"{AT}/extensions", data=table, content_type="text/csv")
    assert answer.get_json() == {"given": 2}
    assert store.courses.extensions("course", "udl-7.2")["bo"].attempts == 7
    for wrong, says in (
        (b"student,due,reason\neve,tomorrow,ill\n", "Line 2: 'tomorrow' is not a date and time"),
        (b"student,attempts,reason\neve,0,ill\n", "Line 2: attempts must be 1 to 10,000, not 0"),
        (b"student,attempts\nada,3\neve,4\n", "Line 2: reason is missing"),
        (b"student,reason\neve,ill\n", "The extension changes nothing"),
    ):
        refusal = staff.post(f"{AT}/extensions", data=wrong, content_type="text/csv")
        assert refusal.status_code == 422
        assert says in refusal.get_json()["detail"]
    assert set(store.courses.extensions("course", "udl-7.2")) == {"ada", "bo"}


def test_staff_give_many_extensions_on_a_page(visitor: Visitor, store: Store) -> None:
    enrol(store)
    page = f"{AT}/extensions"
    fields = {"section": "A", "zone": "UTC", "attempts": "4", "reason": "fire drill"}
    assert visitor.post(f"{page}/section", page, **fields).status_code == 303
    assert "fire drill" in visitor.get(page)
    refusal = visitor.post(f"{page}/section", page, **{**fields, "attempts": "", "reason": ""})
    assert refusal.status_code == 422
    assert "Reason is missing" in refusal.text
    table = {"file": (io.BytesIO(b"student,due\nbo,2100-03-05 18:00\n"), "x.csv"), "zone": "Europe/Zurich"}
    assert visitor.post(f"{page}/table", page, **table, reason="moved").status_code == 303
    assert store.courses.extensions("course", "udl-7.2")["bo"].due == DUE
    assert visitor.post(f"{page}/remove", page, student="bo").status_code == 303
    assert set(store.courses.extensions("course", "udl-7.2")) == {"ada", "eve"}


def test_what_is_held_back_nobody_but_staff_reads_until_it_is_published(
    app: Flask, portal: Asker, staff: Asker, visitor: Visitor, store: Store
) -> None:
    submission = portal.submit(student="ada").get_json()["id"]
    conclude(store, submission)
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    record = store.submissions.get(submission)
    assert record is not None
    address = make_link(app, lambda: links.verdict(record) or "")
    form = make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    shown = portal.get(f"/submissions/{submission}").get_json()
    assert (shown["state"], shown["verdict"], shown["outcome"], shown["score"]) == ("done", None, None, None)
    assert portal.get("/submissions").get_json()["items"][0]["score"] is None
    assert portal.get(f"/submissions/{submission}?format=gradescope").status_code == 409
    assert portal.get("/submissions?outcome=passed").get_json()["items"] == []
    assert [item["id"] for item in staff.get("/submissions?outcome=passed").get_json()["items"]] == [submission]
    browser = app.test_client()
    assert "holding back the verdicts and marks" in browser.get(address, headers=HTML).text
    before = browser.get(form, headers=HTML).text
    assert "held back until the staff of your course publish them" in before
    assert "Your mark so far" not in before
    assert staff.get(f"/submissions/{submission}").get_json()["score"] is not None
    assert "until you publish them" in visitor.get(f"{AT}/marks")
    assert visitor.post(f"{AT}/marks/publish", f"{AT}/marks").status_code == 303
    assert store.courses.audit("course").items[0].act == "marks.publish"
    assert portal.get(f"/submissions/{submission}").get_json()["score"] is not None
    assert "holding back the verdicts and marks" not in browser.get(address, headers=HTML).text
    assert "Your mark so far" in browser.get(form, headers=HTML).text


def test_whether_there_is_another_page_does_not_tell_an_outcome_that_is_held_back(
    portal: Asker, staff: Asker, store: Store
) -> None:
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    revision = store.assignments.current("course", "udl-7.2")
    assert revision is not None
    store.assignments.publish(replace(revision, assignment_id="other", course="course"), b"networks")
    held = [portal.submit(source=f"x = {number}\n").get_json()["id"] for number in range(2)]
    open_one = portal.submit(assignment="other").get_json()["id"]
    for name in (*held, open_one):
        conclude(store, name, failing_verdict())
    for place, seen in (("", [open_one]), ("&assignment=udl-7.2", []), ("&assignment=udl-7.2&student=ada", [])):
        listed = portal.get(f"/submissions?outcome=failed&limit=1{place}").get_json()
        assert ([item["id"] for item in listed["items"]], listed["next"]) == (seen, None)
        assert staff.get(f"/submissions?outcome=failed&limit=1{place}").get_json()["next"] is not None


def test_a_stream_that_began_before_verdicts_were_held_back_has_none(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    answer = portal.get(f"/submissions/{submission}/events", buffered=False)
    parts = answer.iter_encoded()
    assert any(b"event: queued" in next(parts) for _ in range(2))
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    conclude(store, submission, failing_verdict())
    (last,) = (json.loads(part.partition(b"data: ")[2]) for part in parts if b"event: done" in part)
    assert (last["outcome"], last["score"], last["verdict"]) == (None, None, None)
    answer.close()


def test_a_file_that_was_refused_is_called_so_though_marks_are_held_back(
    app: Flask, portal: Asker, store: Store
) -> None:
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    submission = portal.submit(student="ada").get_json()["id"]
    conclude(store, submission, failing_verdict() | {"outcome": "rejected"})
    shown = portal.get(f"/submissions/{submission}").get_json()
    assert (shown["outcome"], shown["attempt"]) == ("rejected", None)
    record = store.submissions.get(submission)
    assert record is not None
    page = app.test_client().get(make_link(app, lambda: links.verdict(record) or ""), headers=HTML).text
    assert "holding back the verdicts and marks" not in page


def test_a_policy_that_holds_marks_back_is_removed_once_they_are_published(
    staff: Asker, visitor: Visitor, store: Store
) -> None:
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    assert staff.delete(f"{AT}/policy").status_code == 409
    refusal = visitor.post(f"{AT}/policy", f"{AT}/policy", remove="1")
    assert (refusal.status_code, "publish them first" in refusal.text) == (422, True)
    visitor.post(f"{AT}/marks/publish", f"{AT}/marks")
    assert staff.delete(f"{AT}/policy").status_code == 204
