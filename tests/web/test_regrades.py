"""Regrades over HTTP: what staff asks, what a report says, and what does not fit."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backmark.grader.model.records import Job, Kind, Queue, Scope
from backmark.grader.model.regrades import Action, Change, ComparisonStatus, Mode, Phase, Which
from backmark.grader.model.result import read_verdict
from backmark.grader.reports.spreadsheets import table
from backmark.grader.store.regrades.report import Disposition
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web.api.regrades import RegradeRequest
from tests.store.regrading import unit_graded
from tests.web.asking import Asker
from tests.web.concluding import conclude, fail_submission, step
from tests.web.verdicts import failing_verdict, passing_verdict
from tests.web.visitor import Visitor


def hand_in(store: Store, student: str, verdict: dict[str, Any], filename: str = "answer.py") -> str:
    """A submission with this verdict; its source is the student's own."""
    revision = store.assignments.current("course", "udl-7.2")
    assert revision is not None
    name = store.submissions.accept(
        NewSubmission("course", "udl-7.2", revision.id, student, filename, student.encode())
    ).id
    conclude(store, name, verdict)
    return name


def request_regrade(staff: Asker, **body: Any) -> dict[str, Any]:
    answer = staff.post("/regrades", json={"assignment": "udl-7.2"} | body)
    assert answer.status_code == 202, answer.json
    return json_of(answer)


def json_of(answer: TestResponse) -> dict[str, Any]:
    assert answer.json is not None
    return dict(answer.json)


def run_step(store: Store, regrade: str) -> None:
    """Do the regrade's step."""
    claim = store.jobs.claim(Job(Kind.REGRADE, regrade))
    assert claim is not None
    step(store, claim)


def preview_regrade(store: Store, staff: Asker, verdicts: dict[str, dict[str, Any]], **body: Any) -> str:
    """A regrade of which students' sources got these verdicts."""
    regrade = str(request_regrade(staff, **body)["id"])
    run_step(store, regrade)
    for row in list(store.regrades.report(regrade).all(frozenset())):
        claim = store.jobs.claim(Job(Kind.UNIT, row.entry.unit))
        assert claim is not None
        unit_graded(store, claim, read_verdict(verdicts[row.entry.student]))
    return regrade


def test_a_regrade_is_recorded_and_its_address_told(store: Store, staff: Asker) -> None:
    hand_in(store, "ada", failing_verdict())
    answer = staff.post("/regrades", json={"assignment": "udl-7.2", "outcomes": ["failed"], "which": "latest"})
    body = json_of(answer)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/regrades/{body['id']}"
    assert int(answer.headers["Retry-After"]) >= 1
    assert (body["phase"], body["outcomes"], body["which"], body["fresh"]) == ("preparing", ["failed"], "latest", False)
    current = store.assignments.current("course", "udl-7.2")
    assert current is not None
    assert body["revision"] == current.id
    assert json_of(staff.get(f"/regrades/{body['id']}")) == body
    assert store.jobs.waiting(Queue.STAFF) == 1


def test_asked_twice_it_is_one(store: Store, staff: Asker) -> None:
    hand_in(store, "ada", failing_verdict())
    first = request_regrade(staff, students=["ada"])
    repeat = staff.post("/regrades", json={"assignment": "udl-7.2", "students": ["ada", "ada"]})
    assert json_of(repeat)["id"] == first["id"]
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert request_regrade(staff)["id"] != first["id"]


def test_an_idempotency_key_stands_for_one_request(store: Store, staff: Asker) -> None:
    """Also where the regrade came to nothing since."""
    hand_in(store, "ada", failing_verdict())
    key, body = {"Idempotency-Key": "first"}, {"assignment": "udl-7.2"}
    first = json_of(staff.post("/regrades", key, json=body))
    staff.post(f"/regrades/{first['id']}/cancel")
    assert json_of(staff.post("/regrades", key, json=body))["id"] == first["id"]
    other_answer = staff.post("/regrades", key, json=body | {"which": "best"})
    assert json_of(other_answer)["type"] == "/problems/idempotency-key-reused"
    assert json_of(staff.post("/regrades", {"Idempotency-Key": "second"}, json=body))["id"] != first["id"]


def test_from_the_preview_to_the_rollback(store: Store, staff: Asker) -> None:
    """One reads what can be asked next from what is said now."""
    up_id, down_id = hand_in(store, "ada", failing_verdict()), hand_in(store, "ben", passing_verdict())
    regrade = str(request_regrade(staff)["id"])
    run_step(store, regrade)
    body = json_of(staff.get(f"/regrades/{regrade}"))
    assert (body["phase"], body["actions"]) == ("previewing", ["cancel"])
    assert body["progress"] == {"total": 2, "done": 0, "failed": 0}
    for row in list(store.regrades.report(regrade).all(frozenset())):
        claim = store.jobs.claim(Job(Kind.UNIT, row.entry.unit))
        assert claim is not None
        unit_graded(store, claim, read_verdict(passing_verdict() if row.submission == up_id else failing_verdict()))
    body = json_of(staff.get(f"/regrades/{regrade}"))
    assert (body["phase"], body["actions"]) == ("previewed", ["apply", "cancel"])
    assert body["counts"]["up"] == body["counts"]["down"] == 1
    assert body["counts"]["newly_failing"] == body["counts"]["newly_passing"] == {"bias_gradient": 1}

    answer = staff.post(f"/regrades/{regrade}/apply", json={"mode": "never_lower"})
    assert (answer.status_code, json_of(answer)["phase"]) == (202, "applying")
    run_step(store, regrade)
    body = json_of(staff.get(f"/regrades/{regrade}"))
    assert (body["phase"], body["mode"], body["actions"]) == ("applied", "never_lower", ["rollback"])
    assert (body["counts"]["applied"], body["counts"]["skipped"]) == (1, 1)
    assert body["counts"]["skipped_because"] == {"changed": 0, "would_lower": 1, "deleted": 0}
    submission = json_of(staff.get(f"/submissions/{up_id}"))
    assert (submission["outcome"], submission["regrade"]) == ("passed", regrade)
    assert submission["verdict"]["submission"]["id"] == up_id
    assert json_of(staff.get(f"/submissions/{down_id}"))["outcome"] == "passed"

    answer = staff.post(f"/regrades/{regrade}/rollback")
    assert (answer.status_code, json_of(answer)["phase"]) == (202, "rolling_back")
    run_step(store, regrade)
    body = json_of(staff.get(f"/regrades/{regrade}"))
    assert (body["phase"], body["actions"], body["counts"]["rolled_back"]) == ("rolled_back", [], 1)
    assert json_of(staff.get(f"/submissions/{up_id}"))["outcome"] == "failed"


def test_the_report_says_who_changes_and_why(store: Store, staff: Asker) -> None:
    up_id, same_id = hand_in(store, "ada", failing_verdict()), hand_in(store, "ben", passing_verdict())
    regrade = preview_regrade(store, staff, {"ada": passing_verdict(), "ben": passing_verdict()})
    body = json_of(staff.get(f"/regrades/{regrade}/report"))
    assert [row["submission"] for row in body["items"]] == [same_id, up_id]
    assert body["counts"]["up"] == 1
    item = body["items"][1]
    assert (item["student"], item["change"], item["status"], item["reason"]) == ("ada", "up", "previewed", None)
    assert item["before"] == {"outcome": "failed", "score": 0, "max_score": 2, "failing": ["bias_gradient"]}
    assert item["after"] == {"outcome": "passed", "score": 2, "max_score": 2, "failing": []}
    assert (item["newly_passing"], item["newly_failing"]) == (["bias_gradient"], [])
    changes = json_of(staff.get(f"/regrades/{regrade}/report?change=up,down"))
    assert [row["submission"] for row in changes["items"]] == [up_id]


def test_a_page_of_the_report_names_the_next(store: Store, staff: Asker) -> None:
    names = [hand_in(store, f"student-{number}", failing_verdict()) for number in range(5)]
    regrade = preview_regrade(store, staff, {f"student-{number}": passing_verdict() for number in range(5)})
    ids: list[str] = []
    address = f"/regrades/{regrade}/report?limit=2"
    while address:
        answer = staff.get(address)
        ids += [row["submission"] for row in json_of(answer)["items"]]
        link = answer.headers.get("Link")
        address = "" if link is None else link.partition(">")[0].removeprefix("</api/v1")
    assert ids == names[::-1]


def test_both_verdicts_on_one_submission_can_be_read_in_full(store: Store, staff: Asker) -> None:
    name = hand_in(store, "ada", failing_verdict(), filename="mine.py")
    other_id = hand_in(store, "ben", failing_verdict())
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()}, students=["ada"])
    body = json_of(staff.get(f"/regrades/{regrade}/report/{name}"))
    assert (body["verdict_before"]["outcome"], body["verdict_after"]["outcome"]) == ("failed", "passed")
    assert body["verdict_after"]["submission"]["id"] == name
    assert body["verdict_after"]["submission"]["filename"] == "mine.py"
    assert staff.get(f"/regrades/{regrade}/report/{other_id}").status_code == 404


@pytest.mark.parametrize("options", [{"path": "?format=csv"}, {"headers": {"Accept": "text/csv"}}])
def test_the_report_is_a_table_too(store: Store, staff: Asker, options: dict[str, Any]) -> None:
    for number in range(3):
        hand_in(store, f"student-{number}", failing_verdict())
    regrade = preview_regrade(store, staff, {f"student-{number}": passing_verdict() for number in range(3)})
    answer = staff.get(f"/regrades/{regrade}/report{options.get('path', '')}", options.get("headers"))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="regrade-{regrade}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert [row["student"] for row in rows] == ["student-2", "student-1", "student-0"]
    assert (rows[0]["before_outcome"], rows[0]["after_score"], rows[0]["status"]) == ("failed", "2", "previewed")
    assert rows[0]["newly_passing"] == "bias_gradient"


@pytest.mark.parametrize("filename", ["=1+1.py", "+1.py", "-1.py", "@sum.py", "\t=1.py", "  =1.py", "\uff1d1.py"])
def test_no_cell_of_the_table_is_a_formula(store: Store, staff: Asker, filename: str) -> None:
    hand_in(store, "ada", failing_verdict(), filename)
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()})
    table = staff.get(f"/regrades/{regrade}/report?format=csv").get_data(as_text=True)
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert row["filename"].lstrip().startswith("'")


def test_no_cell_is_a_formula_where_semicolons_divide_them(store: Store, staff: Asker) -> None:
    hand_in(store, "ada", failing_verdict(), ";=1;a; =2;b=3.py")
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()})
    table = staff.get(f"/regrades/{regrade}/report?format=csv").get_data(as_text=True)
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert row["filename"] == ";'=1;a; '=2;b=3.py"


@pytest.mark.parametrize(
    ("since", "nearest"),
    [
        ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999-14:00", "9999-01-01T00:00:00Z"),
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_time_that_no_calendar_has_is_the_nearest_one_that_can_be_told(
    staff: Asker, since: str, nearest: str
) -> None:
    assert request_regrade(staff, since=since)["since"] == nearest
    assert [regrade["since"] for regrade in staff.get("/regrades").get_json()["items"]] == [nearest]


def test_a_unit_that_could_not_be_graded_is_listed_and_can_be_resumed(store: Store, staff: Asker) -> None:
    hand_in(store, "ada", failing_verdict())
    regrade = str(request_regrade(staff)["id"])
    run_step(store, regrade)
    (row,) = store.regrades.report(regrade).all(frozenset())
    while (claim := store.jobs.claim(Job(Kind.UNIT, row.entry.unit))) is not None:
        store.jobs.record_failure(claim, "no jail")
    body = json_of(staff.get(f"/regrades/{regrade}"))
    assert (body["phase"], body["counts"]["could_not_be_graded"]) == ("previewed", 1)
    assert body["actions"] == ["apply", "cancel", "resume"]
    (item,) = json_of(staff.get(f"/regrades/{regrade}/report"))["items"]
    assert (item["status"], item["reason"], item["after"]) == ("could_not_be_graded", "no jail", None)
    answer = staff.post(f"/regrades/{regrade}/resume")
    assert (answer.status_code, json_of(answer)["phase"]) == (202, "previewing")


def test_the_report_says_what_became_of_each_and_why(store: Store, staff: Asker) -> None:
    up_id, down_id, other_id = (
        hand_in(store, *student_verdict)
        for student_verdict in (("ada", failing_verdict()), ("ben", passing_verdict()), ("cyd", failing_verdict()))
    )
    verdicts = {"ada": passing_verdict(), "ben": failing_verdict(), "cyd": passing_verdict()}
    regrade = preview_regrade(store, staff, verdicts)
    between_id = preview_regrade(store, staff, verdicts, students=["cyd"])
    staff.post(f"/regrades/{between_id}/apply", json={"mode": "whole"})
    run_step(store, between_id)
    staff.post(f"/regrades/{regrade}/apply", json={"mode": "never_lower"})
    run_step(store, regrade)
    expected = {up_id: ("applied", None), down_id: ("skipped", "would_lower"), other_id: ("skipped", "changed")}
    assert list_fates(staff, regrade) == expected
    after = preview_regrade(store, staff, verdicts, students=["ada"], which="best")
    staff.post(f"/regrades/{after}/apply", json={"mode": "whole"})
    run_step(store, after)
    for regrade_id in (regrade, between_id):
        staff.post(f"/regrades/{regrade_id}/rollback")
        run_step(store, regrade_id)
    assert list_fates(staff, regrade) == expected | {up_id: ("left", "changed")}
    assert list_fates(staff, between_id) == {other_id: ("rolled_back", None)}


def list_fates(staff: Asker, regrade: str) -> dict[str, tuple[str, str | None]]:
    """ComparisonStatus and reason by submission, which the table says too."""
    items = json_of(staff.get(f"/regrades/{regrade}/report"))["items"]
    table = staff.get(f"/regrades/{regrade}/report?format=csv").get_data(as_text=True)
    rows = {row["submission"]: (row["status"], row["reason"] or None) for row in csv.DictReader(io.StringIO(table))}
    expected = {row["submission"]: (row["status"], row["reason"]) for row in items}
    assert rows == expected
    return expected


def test_what_is_not_graded_yet_waits_in_the_report(store: Store, staff: Asker) -> None:
    name = hand_in(store, "ada", failing_verdict())
    regrade = str(request_regrade(staff)["id"])
    run_step(store, regrade)
    assert list_fates(staff, regrade) == {name: ("waiting", None)}


def test_a_regrade_that_failed_says_why_and_can_be_resumed(store: Store, staff: Asker) -> None:
    regrade = str(request_regrade(staff)["id"])
    while (claim := store.jobs.claim(Job(Kind.REGRADE, regrade))) is not None:
        store.jobs.record_failure(claim, "no memory")
    body = json_of(staff.get(f"/regrades/{regrade}"))
    assert (body["phase"], body["stopped_in"], body["failure"]) == ("failed", "preparing", "no memory")
    assert body["actions"] == ["cancel", "resume"]
    assert json_of(staff.post(f"/regrades/{regrade}/resume"))["phase"] == "preparing"


def test_a_report_can_be_had_in_no_other_form(store: Store, staff: Asker) -> None:
    regrade = preview_regrade(store, staff, {})
    assert staff.get(f"/regrades/{regrade}/report", {"Accept": "application/pdf"}).status_code == 406
    assert staff.get(f"/regrades/{regrade}/report", {"Accept": "*/*"}).content_type == "application/json"


def test_a_long_table_has_every_row_once() -> None:
    pieces = list(table(("number", "text"), ((number, f"={number}") for number in range(450))))
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))
    assert len(pieces) > 2
    assert rows == [["number", "text"], *([str(number), f"'={number}"] for number in range(450))]


def test_a_cancelled_regrade_says_where_it_stopped(store: Store, staff: Asker) -> None:
    hand_in(store, "ada", failing_verdict())
    regrade = request_regrade(staff)["id"]
    answer = staff.post(f"/regrades/{regrade}/cancel")
    body = json_of(answer)
    assert (answer.status_code, body["phase"], body["stopped_in"]) == (200, "cancelled", "preparing")
    assert (body["actions"], body["eta_seconds"]) == (["resume"], None)
    assert json_of(staff.post(f"/regrades/{regrade}/resume"))["phase"] == "preparing"


@pytest.mark.parametrize(
    ("verb", "body"), [("apply", {"mode": "whole"}), ("rollback", None), ("cancel", None), ("resume", None)]
)
def test_what_does_not_fit_the_phase_is_a_conflict(
    store: Store, staff: Asker, verb: str, body: dict[str, str] | None
) -> None:
    hand_in(store, "ada", failing_verdict())
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()})
    if verb in {"cancel", "resume", "apply"}:
        staff.post(f"/regrades/{regrade}/apply", json={"mode": "never_lower"})
        run_step(store, regrade)
    answer = staff.post(f"/regrades/{regrade}/{verb}", json=body)
    assert answer.status_code == 409
    assert json_of(answer)["type"] == "/problems/conflict"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"revision": "0000000000000000"}, "/revision"),
        ({"outcomes": ["good"]}, "/outcomes/0"),
        ({"which": "first"}, "/which"),
        ({"since": "yesterday"}, "/since"),
        ({"since": "2026-01-01T00:00:00"}, "/since"),
        ({"students": ["="]}, "/students/0"),
        ({"outcome": "failed"}, "/outcome"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(staff: Asker, body: dict[str, Any], pointer: str) -> None:
    answer = staff.post("/regrades", json={"assignment": "udl-7.2"} | body)
    assert answer.status_code == 422
    assert json_of(answer)["errors"][0]["pointer"] == pointer


def test_an_assignment_that_there_is_not_cannot_be_regraded(staff: Asker) -> None:
    answer = staff.post("/regrades", json={"assignment": "nothing"})
    assert json_of(answer)["type"] == "/problems/unknown-assignment"


def test_a_regrade_is_for_the_staff_of_its_course(
    app: Flask, store: Store, staff: Asker, stranger: Asker, portal: Asker, admin: Asker
) -> None:
    name = hand_in(store, "ada", failing_verdict())
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()})
    asks: list[tuple[str, str, dict[str, str] | None]] = [
        ("GET", f"/regrades/{regrade}", None),
        ("GET", f"/regrades/{regrade}/report", None),
        ("GET", f"/regrades/{regrade}/report?format=csv", None),
        ("GET", f"/regrades/{regrade}/report/{name}", None),
        ("POST", f"/regrades/{regrade}/cancel", None),
        ("POST", f"/regrades/{regrade}/resume", None),
        ("POST", f"/regrades/{regrade}/rollback", None),
        ("POST", f"/regrades/{regrade}/apply", {"mode": "whole"}),
    ]
    for method, path, body in asks:
        assert stranger.ask(method, path, json=body).status_code == 404
        assert portal.ask(method, path, json=body).status_code == 403
    assert json_of(stranger.get("/regrades"))["items"] == []
    assert portal.get("/regrades").status_code == portal.post("/regrades", json={"assignment": "a"}).status_code == 403
    assert [record["id"] for record in json_of(staff.get("/regrades"))["items"]] == [regrade]
    assert [record["id"] for record in json_of(admin.get("/regrades?course=course"))["items"]] == [regrade]
    submitter = Asker.with_token(app, store, "course", Scope.SUBMIT)
    assert submitter.get(f"/regrades/{regrade}").status_code == 403
    assert json_of(staff.get(f"/regrades/{regrade}"))["phase"] == "previewed"


def test_a_regrade_that_has_not_changed_need_not_be_sent_again(store: Store, staff: Asker) -> None:
    hand_in(store, "ada", failing_verdict())
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()})
    tag = staff.get(f"/regrades/{regrade}").headers["ETag"]
    assert staff.get(f"/regrades/{regrade}", {"If-None-Match": tag}).status_code == 304


def test_every_phase_status_and_action_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/instructor/regrades.md").read_text(encoding="utf-8")
    words = [
        *Phase,
        *Which,
        *Mode,
        *ComparisonStatus,
        *Action,
        *Change,
        Disposition.CHANGED,
        Disposition.WOULD_LOWER,
        *RegradeRequest.model_fields,
    ]
    assert [word for word in words if f"`{word}`" not in text] == ["course"]


def test_a_submission_without_a_verdict_is_compared_with_none(store: Store, staff: Asker) -> None:
    name = fail_submission(store, staff.submit().get_json()["id"])
    regrade = preview_regrade(store, staff, {"ada": passing_verdict()})
    (item,) = json_of(staff.get(f"/regrades/{regrade}/report"))["items"]
    assert (item["submission"], item["before"], item["change"], item["after"]["outcome"]) == (
        name,
        None,
        "up",
        "passed",
    )
    (row,) = csv.DictReader(io.StringIO(staff.get(f"/regrades/{regrade}/report?format=csv").text))
    assert (row["before_outcome"], row["before_score"], row["after_outcome"]) == ("", "", "passed")
    detail = json_of(staff.get(f"/regrades/{regrade}/report/{name}"))
    assert (detail["verdict_before"], detail["verdict_after"]["outcome"]) == (None, "passed")
    staff.post(f"/regrades/{regrade}/apply", json={"mode": "never_lower"})
    run_step(store, regrade)
    after = json_of(staff.get(f"/submissions/{name}"))
    assert (after["state"], after["outcome"], after["regrade"], after["failure"]) == ("done", "passed", regrade, None)


@pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - it guards nothing
def test_the_page_of_a_regrade_lists_the_rows_whose_outcome_or_marks_change(
    app: Flask, store: Store, staff: Asker
) -> None:
    """Also a row whose marks alone differ, as after an assignment gave it more."""
    hand_in(store, "ada", failing_verdict())
    hand_in(store, "ben", passing_verdict())
    hand_in(store, "cyd", passing_verdict())
    (row,) = passing_verdict()["properties"]
    more = passing_verdict() | {"properties": [row | {"score": 3, "max_score": 3}], "score": 3, "max_score": 3}
    renamed = passing_verdict() | {"properties": [row | {"name": "db", "title": "The biases", "max_score": 0}]}
    regrade = preview_regrade(store, staff, {"ada": passing_verdict(), "ben": more, "cyd": renamed})
    page = Visitor(app, store).get(f"/courses/course/regrades/{regrade}?change=all")
    told = [re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r'<td class="told">(.*?)</td>', page, re.DOTALL)]
    assert sorted(" ".join(cell.split()) for cell in told) == [
        "Gradient of the biases: 0 of 2 → to 2 of 2",
        "Gradient of the biases: 2 of 2 → to 3 of 3",
        "Gradient of the biases: 2 of 2 → to no such row The biases: no such row → to right",
    ]
