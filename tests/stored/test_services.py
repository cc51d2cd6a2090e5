"""What services of 0.3.0 and later stored is read, graded, regraded and shown by this version, whichever they were.

What each alone has is in `test_at_*.py`.
"""

import json
from itertools import product
from urllib.parse import quote

import pytest
from flask import Flask

from backmark.grader.contracts.language.stored_settings import read_settings as assignment_settings
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.course import Course, Role
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Job, Kind, Scope, State
from backmark.grader.model.result import read_verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.registry import FORMATS
from backmark.grader.reports.terminal import render
from backmark.grader.reports.view import make_view
from backmark.grader.store.store import Store
from backmark.grader.web import links
from backmark.worker.service.context import Context
from tests.stored.service import AT_0_3_0, StoredService, get_record, marks, perform_until_graded
from tests.web.asking import Asker

HTML = {"Accept": "text/html"}
#: In which regrades of each were; one of them was also rolling back.
PHASES = {"preparing", "previewing", "previewed", "applying", "applied", "rolled_back", "cancelled", "failed"}


@pytest.fixture(params=[AT_0_3_0], ids=["0.3.0"])
def stored(request: pytest.FixtureRequest) -> StoredService:
    service: StoredService = request.param
    return service


@pytest.fixture
def staff(app: Flask, stored: StoredService) -> Asker:
    return Asker(app, stored.known["tokens"]["staff"])


def test_every_state_and_outcome_is_among_what_is_stored(store: Store, stored: StoredService) -> None:
    """Or the tests below would say less than they seem to."""
    records = stored.submissions(store)
    assert {record.state for record in records} == set(State)
    assert {record.outcome for record in records if record.outcome} == {*Outcome}
    assert {stored.phase(store, name) for name in stored.known["regrades"]} >= PHASES
    assert any(record.regrade for record in records)


def test_every_submission_is_as_it_was(store: Store, stored: StoredService) -> None:
    for name in ("passed", "failed", "error", "timeout", "memory", "output_limit", "crashed", "rejected"):
        assert get_record(store, stored.done[name]).outcome == name
    for name, state in (("superseded", "superseded"), ("cancelled", "cancelled"), ("service_failed", "service_failed")):
        assert get_record(store, stored.known["submissions"][name]).state == state
    assert get_record(store, stored.done["reused"]).reused


def test_every_verdict_reads_and_renders_at_every_level_and_in_every_format(
    app: Flask, store: Store, stored: StoredService
) -> None:
    levels = [
        Feedback.always(level, hidden)
        for level, hidden in product(Level, ((), ("any_shape", "relu_derivative", "w_gradient")))
    ]
    count = 0
    for submission in stored.submissions(store):
        for number in range(1, 3):
            verdict = store.submissions.verdict(submission.id, number)
            if verdict is None:
                continue
            count += 1
            # What shipped then is stored where it was asked for; elsewhere there is what ships now.
            revision = store.assignments.get(
                submission.course, verdict.assignment.revision
            ) or store.assignments.current(submission.course, submission.assignment)
            assert revision is not None
            assert assignment_settings(revision.assignment)["id"] == verdict.assignment.id
            assert read_verdict(json.loads(json.dumps(verdict.as_dict()))) == verdict
            for version in (verdict, *(disclose(verdict, feedback, 2) for feedback in levels)):
                assert render(version)
                with app.test_request_context():
                    assert make_view(version).sentence
                assert all(form.render(submission, version) for form in FORMATS.values())
    assert count > 60


def test_every_cached_verdict_and_every_preview_s_reads(store: Store) -> None:
    for key in store.redis.scan_iter("bm:cache:*"):
        cached_verdict = store.cache.get(key.decode().removeprefix("bm:cache:"))
        assert cached_verdict is not None
    for key in store.redis.scan_iter("bm:unit-verdict:*"):
        preview = store.regrades.units.verdict(key.decode().removeprefix("bm:unit-verdict:"))
        assert preview is not None


def test_every_page_of_staff_renders(app: Flask, store: Store, stored: StoredService) -> None:
    client = app.test_client()
    proof = client.get("/sign-in").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    response = client.post("/sign-in", data={"csrf_token": proof, "token": stored.known["tokens"]["admin"]})
    assert response.status_code == 303
    paths: list[str] = []
    for course in stored.courses:
        home = f"/courses/{quote(course)}"
        paths += [home, f"{home}/publish", f"{home}/submissions", f"{home}/regrades", f"{home}/roster", f"{home}/log"]
        for revision in store.assignments.list(course):
            address = f"{home}/assignments/{revision.assignment_id}"
            paths += [address, *(f"{address}/{page}" for page in ("regrade", "policy", "marks"))]
            paths += [
                f"{address}/revisions/{revision_record.id}"
                for revision_record in store.assignments.revisions(course, revision.assignment_id)
            ]
    home = f"/courses/{stored.courses[0]}"
    for submission in (record for record in stored.submissions(store) if record.course == stored.courses[0]):
        paths += [f"{home}/submissions/{submission.id}", f"{home}/submissions/{submission.id}/source"]
    paths += [f"{home}/publications/{name}" for name in stored.known["publications"].values()]
    for regrade in stored.known["regrades"].values():
        paths += [f"{home}/regrades/{regrade}", f"{home}/regrades/{regrade}/report.csv"]
    assert {path: answer.text for path in paths if (answer := client.get(path, headers=HTML)).status_code != 200} == {}


@pytest.mark.usefixtures("store")
def test_every_link_holds_and_opens(app: Flask, stored: StoredService) -> None:
    """With the secret that was the service's then."""
    client = app.test_client()
    for name, path in [*stored.hand_in_links.items(), *stored.verdict_links.items()]:
        assert client.get(path, headers=HTML).status_code == 200, name
    with app.test_request_context():
        for name, path in stored.verdict_links.items():
            assert links.read_verdict(path.rpartition("/")[2]) == stored.done[name]


def test_links_of_then_end_when_staff_end_them(app: Flask, staff: Asker, stored: StoredService) -> None:
    client, paths, course = app.test_client(), [*stored.hand_in_links.values()], stored.courses[0]
    assert paths
    with app.test_request_context():
        contents = [links.open_hand_in(path.rpartition("/")[2]) for path in paths]
    for content in contents:
        staff.delete(f"/courses/{course}/assignments/{content.assignment}/links")
    statuses = [client.get(path, headers=HTML).status_code for path in paths]
    assert statuses == [410 if content.course == course else 200 for content in contents]


def test_a_request_that_was_answered_is_answered_alike(app: Flask, stored: StoredService) -> None:
    request = stored.known["idempotency"]
    portal = Asker(app, stored.known["tokens"]["portal"])
    answer = portal.post("/submissions", {"Idempotency-Key": request["key"]}, json=request["body"])
    assert (answer.status_code, answer.get_json()["id"]) == (202, request["id"])


def test_what_runs_and_gave_no_sign_of_life_is_sent_again_and_graded(context: Context, stored: StoredService) -> None:
    job = Job(Kind.SUBMISSION, stored.known["submissions"]["running"])
    assert get_record(context.store, job.id).state is State.RUNNING
    assert context.store.jobs.requeue_lost() == [job]
    assert get_record(context.store, job.id).state is State.QUEUED
    perform_until_graded(context, job.id)
    assert get_record(context.store, job.id).outcome == "passed"


def test_a_previewed_regrade_is_applied_and_rolled_back(context: Context, staff: Asker, stored: StoredService) -> None:
    store, names, regrade = context.store, stored.known["regraded"]["previewed"], stored.known["regrades"]["previewed"]
    before = marks(store, names)
    assert staff.post(f"/regrades/{regrade}/apply", json={"mode": "whole"}).status_code == 202
    stored.do_step(context, "previewed")
    assert stored.phase(store, "previewed") == "applied"
    assert marks(store, names) == marks(store, stored.known["regraded"]["applied"]) != before
    assert staff.post(f"/regrades/{regrade}/rollback").status_code == 202
    stored.do_step(context, "previewed")
    assert marks(store, names) == before


def test_an_applied_regrade_is_rolled_back(context: Context, stored: StoredService) -> None:
    store, names = context.store, stored.known["regraded"]["applied"]
    store.regrades.roll_back(stored.known["regrades"]["applied"])
    stored.do_step(context, "applied")
    assert stored.phase(store, "applied") == "rolled_back"
    assert marks(store, names) == marks(store, stored.known["regraded"]["rolled back"])


def test_each_course_has_a_record_and_its_staff_are_who_they_were(store: Store, stored: StoredService) -> None:
    course = stored.courses[0]
    tokens = [token for token in store.tokens.list() if not token.allows(Scope.ADMIN)]
    courses = {record.id: record for record in store.course_records.list()}
    assert courses.keys() >= {*stored.courses} | {token.course for token in tokens}
    assert courses[course] == Course(course, created=courses[course].created)
    staff = {token.id for token in tokens if token.course == course and Scope.STAFF in token.scopes}
    held = {token.id for token in tokens if store.tokens.valid(token.id)}
    assert {(member.id, member.role) for member in store.staff.members(course)} == {
        (token, Role.INSTRUCTOR) for token in staff & held
    }


def test_notifications_go_on(store: Store, stored: StoredService) -> None:
    """A day and more later, so that every delivery is due."""
    store.notifications.ahead = 40 * 86_400.0
    moved_count, unreadable = store.notifications.move()
    assert (moved_count > 0, unreadable) == (True, [])
    attempts = store.notifications.claim(1000, 1000, 10.0)
    assert {attempt.event for attempt in attempts} > {"submission.done"}
    first = next(attempt for attempt in attempts if attempt.url.endswith("/hook"))
    assert first.secrets[0] == stored.known["callback secrets"][1]
    assert {endpoint.id for endpoint in store.notifications.of_course(stored.courses[0])} == set(
        stored.known["callbacks"].values()
    )
