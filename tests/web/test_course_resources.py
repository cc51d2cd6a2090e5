"""Policies, extensions, outages, overrides, roster, marks, log, export and deletion of a course over HTTP."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web.service import of
from tests.web.asking import SOURCE, Asker
from tests.web.concluding import conclude

COURSE = "/courses/course"
AT = f"{COURSE}/assignments/udl-7.2"
DUE = "2027-03-05T18:00:00Z"


def put(asker: Asker, path: str, **body: Any) -> TestResponse:
    """PUT with JSON."""
    return asker.ask("PUT", path, json=body)


def put_ok(asker: Asker, path: str, **body: Any) -> dict[str, Any]:
    """PUT with JSON that is taken; the answer."""
    answer = put(asker, path, **body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.get_json()
    return data


def fault(answer: TestResponse) -> dict[str, str]:
    """The only fault of a request."""
    assert answer.status_code == 422, answer.text
    (error,) = answer.get_json()["errors"]
    assert isinstance(error, dict)
    return error


def grade(portal: Asker, store: Store, student: str = "ada") -> str:
    """A submission of the student's that passed."""
    name = str(portal.submit(student).get_json()["id"])
    conclude(store, name)
    return name


def test_a_policy_is_set_read_by_portals_and_removed(staff: Asker, portal: Asker) -> None:
    assert portal.get(f"{AT}/policy").status_code == 404
    policy = put_ok(staff, f"{AT}/policy", due="2027-03-05T19:00:00+01:00", late=10, attempts=5, counts="last")
    assert policy["due"] == DUE
    assert portal.get(f"{AT}/policy").get_json() == policy
    assert policy | {"late": 10.0, "attempts": 5, "counts": "last", "opens": None, "grace": 0.0} == policy
    assert staff.delete(f"{AT}/policy").status_code == 204
    assert staff.delete(f"{AT}/policy").status_code == 404


@pytest.mark.parametrize(
    ("body", "place", "sentence"),
    [
        ({"due": "2027-03-05T18:00:00"}, "/due", "timezone"),
        ({"opens": DUE, "due": DUE}, "/due", "due must be later than opens"),
        ({"due": "9999-03-05T18:00:00Z"}, "/due", "year must be 1970 to 2999"),
        ({"late": 101}, "/late", "less than or equal to 100"),
        ({"penalty": 10}, "/penalty", "Extra inputs"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_its_field(
    staff: Asker, body: dict[str, Any], place: str, sentence: str
) -> None:
    error = fault(put(staff, f"{AT}/policy", **body))
    assert (error["pointer"], sentence in error["detail"]) == (place, True)


def test_rules_are_for_staff_of_the_course_and_assignments_that_there_are(
    staff: Asker, portal: Asker, stranger: Asker
) -> None:
    assert put(portal, f"{AT}/policy").status_code == 403
    assert put(stranger, f"{AT}/policy").status_code == 404
    assert stranger.get(f"{COURSE}/roster").status_code == 404
    answer = put(staff, f"{COURSE}/assignments/nothing/policy")
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/problems/unknown-assignment")


def test_an_extension_holds_until_it_is_removed(staff: Asker, portal: Asker) -> None:
    put_ok(staff, f"{AT}/policy", closes="2026-01-01T00:00:00Z")
    assert portal.submit().get_json()["type"] == "/problems/closed"
    extension = put_ok(staff, f"{AT}/extensions/ada", closes="2100-01-01T00:00:00Z", reason="ill")
    assert (extension["author"], extension["reason"], extension["student"]) == ("test", "ill", "ada")
    assert staff.get(f"{AT}/extensions").get_json()["items"] == [extension]
    assert portal.submit().status_code == 202
    assert portal.submit("bob").status_code == 409
    assert staff.delete(f"{AT}/extensions/ada").status_code == 204
    assert staff.delete(f"{AT}/extensions/ada").status_code == 404
    assert portal.submit().status_code == 409
    error = fault(put(staff, f"{AT}/extensions/ada", reason="ill"))
    assert "changes nothing" in error["detail"]


def test_an_outage_opens_again_what_closed_in_it(staff: Asker, portal: Asker) -> None:
    put_ok(staff, f"{AT}/policy", closes="2026-01-01T00:00:00Z")
    response = staff.post(
        f"{AT}/outages",
        json={"start": "2025-12-31T00:00:00Z", "end": "2099-12-31T00:00:00Z", "reason": "the power was off"},
    )
    outage = response.get_json()
    assert (response.status_code, response.headers["Location"].endswith(f"/outages/{outage['id']}")) == (201, True)
    assert staff.get(f"{AT}/outages").get_json()["items"] == [outage]
    assert portal.submit().status_code == 202
    assert staff.delete(f"{AT}/outages/{outage['id']}").status_code == 204
    assert portal.submit().status_code == 409


def test_marks_are_a_page_and_a_table_of_everybody(staff: Asker, portal: Asker, store: Store) -> None:
    put_ok(staff, f"{COURSE}/roster/eve", name="=Eve", lms_id="17")
    name = grade(portal, store)
    put_ok(staff, f"{AT}/overrides/bob", share=0.5, reason="in the same group")
    override = put_ok(staff, f"{AT}/overrides/ada", share=0.25, reason="spoken with")
    first = staff.get(f"{AT}/marks?limit=2")
    last_page = staff.get(f"{AT}/marks?limit=2&cursor={first.get_json()['next']}").get_json()
    items: list[dict[str, Any]] = [*first.get_json()["items"], *last_page["items"]]
    ada, bob, eve = items
    assert last_page["next"] is None
    assert 'rel="next"' in first.headers["Link"]
    assert override["computed"] == 1.0
    assert (ada["student"], ada["share"], ada["computed"], ada["submission"]) == ("ada", 0.25, 1.0, name)
    assert (ada["override"]["reason"], ada["differs"], ada["attempts"]) == ("spoken with", False, 1)
    assert (bob["share"], bob["computed"], bob["in_roster"]) == (0.5, None, False)
    assert (eve["share"], eve["name"], eve["lms_id"], eve["in_roster"]) == (None, "=Eve", "17", True)
    rows = list(csv.DictReader(io.StringIO(staff.get(f"{AT}/marks?format=csv").text)))
    assert [(row["student"], row["name"], row["mark"]) for row in rows] == [
        ("ada", "", "25"),
        ("bob", "", "50"),
        ("eve", "'=Eve", ""),
    ]
    assert staff.get(f"{AT}/marks?student=bob").get_json()["items"] == [bob]
    assert staff.get(f"{AT}/marks", {"Accept": "image/png"}).status_code == 406
    assert staff.delete(f"{AT}/overrides/ada").status_code == 204
    assert staff.get(f"{AT}/marks?student=ada").get_json()["items"][0]["share"] == 1.0


def test_a_roster_is_replaced_as_json_or_csv(staff: Asker) -> None:
    students = [{"student": "ada", "name": "Ada L."}, {"student": "bob"}]
    assert put_ok(staff, f"{COURSE}/roster", students=students) == {"added": 2, "changed": 0, "left": 0}
    table = "﻿Student;Name;lms_id;Email\r\nada;Ada Lovelace;17;a@b\r\n\r\neve;;;\r\n"
    answer = staff.ask("PUT", f"{COURSE}/roster", data=table.encode(), content_type="text/csv")
    assert answer.get_json() == {"added": 1, "changed": 1, "left": 1}
    ada, bob, eve = staff.get(f"{COURSE}/roster").get_json()["items"]
    assert (ada["name"], ada["lms_id"], ada["source"], ada["left_at"]) == ("Ada Lovelace", "17", "csv", None)
    assert bob["left_at"] is not None
    assert eve["student"] == "eve"
    assert staff.delete(f"{COURSE}/roster/bob").status_code == 204
    assert staff.delete(f"{COURSE}/roster/bob").status_code == 404


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (b"name,id\nAda,1\n", "must name the columns: student"),
        (b"student\nada\nada\n", "Line 3: ada is in the file twice"),
        (b"student\n../ada\n", "Line 2: '../ada' is not a valid student id"),
        (b"student,name\n", "names no student below"),
        (b"student\n\xff\n", "not UTF-8 at byte 8"),
        (b'student\n"ada\n', "Line 2: "),
        (b"sep=;\nstudent;name\nada;Ada\nada;Ada\n", "Line 4: ada is in the file twice"),
        (b"sep=|\nstudent|name\nada|Ada\n", "its first line is 'sep=|'"),
    ],
)
def test_a_table_that_is_no_roster_changes_nothing(staff: Asker, table: bytes, sentence: str) -> None:
    answer = staff.ask("PUT", f"{COURSE}/roster", data=table, content_type="text/csv")
    assert sentence in fault(answer)["detail"]
    assert staff.get(f"{COURSE}/roster").get_json()["items"] == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\r\n"])
def test_a_roster_is_read_whatever_separates_its_cells(staff: Asker, delimiter: str, first: str) -> None:
    table = first.format(delimiter) + f"student{delimiter}name\nada{delimiter}Ada\n"
    answer = staff.ask("PUT", f"{COURSE}/roster", data=table.encode(), content_type="text/csv")
    assert answer.status_code == 200, answer.text
    (entry,) = staff.get(f"{COURSE}/roster").get_json()["items"]
    assert (entry["student"], entry["name"]) == ("ada", "Ada")


def test_times_are_compared_as_they_are_shown(staff: Asker) -> None:
    """Due and close are shown as 18:00, so that close is no earlier."""
    closes = "2027-03-05T18:00:00Z"
    put_ok(staff, f"{AT}/policy", due="2027-03-05T18:00:59.999Z", closes=closes)
    put_ok(staff, f"{AT}/extensions/ada", closes=closes, reason="ill")
    earlier = put(staff, f"{AT}/extensions/ada", closes="2027-03-05T17:59:59Z", reason="ill")
    assert "close before it is due" in fault(earlier)["detail"]


def test_a_student_is_in_a_roster_once(staff: Asker) -> None:
    twice = fault(put(staff, f"{COURSE}/roster", students=[{"student": "ada"}, {"student": "ada"}]))
    assert twice["pointer"] == "/students/1/student"


def test_the_log_says_who_did_what_to_whom(staff: Asker, admin: Asker) -> None:
    put_ok(staff, f"{AT}/policy", due=DUE)
    put_ok(staff, f"{AT}/extensions/ada", attempts=9, reason="ill")
    admin.post("/tokens", json={"name": "tutor", "course": "course", "scopes": ["staff"]})
    staff.delete("/students/bob")
    items = staff.get(f"{COURSE}/audit").get_json()["items"]
    assert [(item["act"], item["subject"] == "udl-7.2", item["student"]) for item in items] == [
        ("student.delete", False, ""),
        ("token.create", False, ""),
        ("extension.set", True, "ada"),
        ("policy.set", True, ""),
    ]
    assert {item["author"] for item in items} == {"test"}
    assert (items[2]["reason"], items[2]["details"]["attempts"]) == ("ill", 9)
    page = staff.get(f"{COURSE}/audit?limit=3").get_json()
    assert staff.get(f"{COURSE}/audit?cursor={page['next']}").get_json()["items"] == items[3:]


def test_the_export_has_everything_and_leads_out_of_no_folder(staff: Asker, portal: Asker, store: Store) -> None:
    name = grade(portal, store)
    path = NewSubmission("course", "udl-7.2", "0" * 16, "bob", "../../evil.SH", b"rm -rf")
    hostile = store.submissions.accept(path).id
    put_ok(staff, f"{AT}/policy", due=DUE)
    put_ok(staff, f"{COURSE}/roster/ada", name="Ada")
    answer = staff.get(f"{COURSE}/export")
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        *("course.json", "log.jsonl", "marks/udl-7.2.csv"),
        *(f"submissions/{name}/{part}" for part in ("submission.json", "source.py", "verdict.json")),
        *(f"submissions/{hostile}/{part}" for part in ("submission.json", "source.txt")),
    }
    course = json.loads(archive.read("course.json"))
    assert course["assignments"]["udl-7.2"]["policy"]["due"] == 1804269600.0
    assert course["roster"]["ada"]["name"] == "Ada"
    assert archive.read(f"submissions/{name}/source.py") == SOURCE.encode()
    assert json.loads(archive.read(f"submissions/{name}/verdict.json"))["outcome"] == "passed"
    acts = [json.loads(line)["act"] for line in archive.read("log.jsonl").splitlines()]
    assert acts == ["course.export", "roster.add", "policy.set"]


@pytest.mark.service(web_threads=2)
def test_few_exports_run_at_a_time(staff: Asker, app: Flask) -> None:
    slots = of(app).slots
    assert slots.acquire()
    try:
        answer = staff.get(f"{COURSE}/export")
        assert (answer.status_code, answer.get_json()["type"]) == (503, "/problems/busy")
    finally:
        slots.release()
    staff.get(f"{COURSE}/export").close()
    assert slots.acquire()


def test_a_course_is_deleted_by_an_admin_who_repeats_its_name(
    staff: Asker, portal: Asker, admin: Asker, app: Flask, store: Store
) -> None:
    portal.submit()
    put_ok(staff, f"{AT}/policy", due=DUE)
    assert staff.delete(f"{COURSE}?confirm=course").status_code == 403
    wrong = admin.delete(f"{COURSE}?confirm=cours")
    assert fault(wrong)["parameter"] == "confirm"
    assert portal.get("/submissions").get_json()["items"] != []
    assert admin.delete(f"{COURSE}?confirm=course").get_json() == {"deleted": 1}
    # The tokens of the course are gone with it.
    assert portal.get("/submissions").status_code == 401
    anew = Asker.with_token(app, store, "course", Scope.STAFF)
    assert anew.get("/submissions").get_json()["items"] == []
    assert anew.get(f"{AT}/policy").status_code == 404
    assert admin.delete(f"{COURSE}?confirm=course").get_json() == {"deleted": 0}
