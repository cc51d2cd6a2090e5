"""The records of a service of version 0.1.0 (commit b8e7fd0) are read, graded, regraded and shown by this version.

`at_b8e7fd0/` is never made anew, whatever changes: it stands for the data of those who run Backmark. A test that fails
here says that this version no longer reads such data, so mend the reader. A later version that stores something new
adds a folder of its own beside it (its `fill.py`, run once with the code of its commit) and runs the same tests on it.

Its revisions, which this version no longer judges: `test_layered_at_b8e7fd0.py`.
"""

import json
from itertools import product
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask import Flask

from backmark.grader.contracts.language.stored_settings import read_settings as assignment_settings
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.course import Course, Role
from backmark.grader.model.notifications import DeliveryState
from backmark.grader.model.records import Job, Kind, Scope, State
from backmark.grader.model.regrades import Mode, Phase
from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import Outcome
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.html.view import make_view
from backmark.grader.reports.registry import FORMATS
from backmark.grader.reports.terminal import render
from backmark.grader.store import keys
from backmark.grader.store.cohorts import HOUR
from backmark.grader.store.keys import part
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web.http import links
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.stored.loading import Raw
from tests.stored.service import (
    COURSE,
    DONE,
    KNOWN,
    OTHER,
    do_step,
    get_record,
    marks,
    perform_until_graded,
    phase,
    submissions,
)
from tests.web.asking import Asker

HTML = {"Accept": "text/html"}


@pytest.fixture
def staff(app: Flask) -> Asker:
    return Asker(app, KNOWN["tokens"]["staff"])


def test_every_state_and_outcome_is_among_what_is_stored(store: Store) -> None:
    """Or the tests below would say less than they seem to."""
    records = submissions(store)
    assert {record.state for record in records} == set(State)
    assert {record.outcome for record in records if record.outcome} == {*Outcome}
    assert {phase(store, name) for name in KNOWN["regrades"]} == set(Phase) - {Phase.ROLLING_BACK}
    assert any(record.regrade for record in records)


def test_every_submission_is_as_it_was(store: Store) -> None:
    for name in ("passed", "failed", "error", "timeout", "memory", "output_limit", "crashed", "rejected"):
        assert get_record(store, DONE[name]).outcome == name
    for name, state in (("superseded", "superseded"), ("cancelled", "cancelled"), ("service_failed", "service_failed")):
        assert get_record(store, KNOWN["submissions"][name]).state == state
    assert get_record(store, DONE["reused"]).reused


def test_every_verdict_reads_and_renders_at_every_level_and_in_every_format(app: Flask, store: Store) -> None:
    levels = [
        Feedback(level, strong, 0, hidden)
        for level, strong, hidden in product(Level, (0, 1), ((), ("any_shape", "relu_derivative")))
    ]
    count = 0
    for submission in submissions(store):
        for number in range(1, 3):
            verdict = store.submissions.verdict(submission.id, number)
            if verdict is None:
                continue
            count += 1
            revision = store.assignments.get(submission.course, verdict.assignment.revision)
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


def test_figures_are_those_that_the_scripts_had_counted(store: Store) -> None:
    """Which kept them with each verdict, in keys that nobody reads any more. What is no attempt was among them."""
    keys_of_classes = [key.decode() for key in store.redis.scan_iter("bm:cohort:*")]
    assert keys_of_classes
    for key in keys_of_classes:
        course, assignment = (unquote(text) for text in key.split(":")[2:])
        cohort = store.cohorts.read(course, assignment)
        expected: Raw = {f"outcome:{outcome}": count for outcome, count in cohort.outcomes.items()}
        expected |= {f"best:{marks.score}/{marks.max_score}": marks.students for marks in cohort.marks}
        expected |= {f"hour:{hour.start / HOUR:.0f}": hour.attempts for hour in cohort.hours}
        expected |= {f"passed:{hour.start / HOUR:.0f}": hour.passed for hour in cohort.hours if hour.passed}
        for record in store.submissions.list(Filter(course, assignment), 1000).items:
            summary: Any = store.redis.hmget(keys.key(Kind.SUBMISSION, record.id), "score", "max_score")
            extra = [f"hour:{record.created // HOUR:.0f}"] if record.attempt is None else []
            if record.outcome == Outcome.REJECTED:
                score, most = (number.decode() for number in summary)
                extra += ["outcome:rejected", f"best:{score}/{most}"]
            expected |= {name: expected.get(name, 0) + 1 for name in extra}
        fields: Any = store.redis.hgetall(key)
        assert expected == {name.decode(): int(number) for name, number in fields.items()}
        mistakes: Any = store.redis.smembers(f"bm:mistakes:{key.removeprefix('bm:cohort:')}")
        assert {mistake.id for mistake in cohort.mistakes} == {name.decode() for name in mistakes}
        for mistake in cohort.mistakes:
            student_count: Any = store.redis.hlen(f"bm:made:{key.removeprefix('bm:cohort:')}:{mistake.id}")
            submission_count: Any = store.redis.zcard(
                f"bm:index:{part(course)}:mistake:{part(assignment)}:{mistake.id}"
            )
            assert (mistake.students, mistake.submissions) == (student_count, submission_count)


def test_every_resource_answers(staff: Asker, store: Store) -> None:
    paths = ["/token", "/tokens", "/assignments", "/submissions", "/publications", "/regrades", "/callbacks"]
    for submission in (record for record in submissions(store) if record.course == COURSE):
        paths += [f"/submissions/{submission.id}", f"/submissions/{submission.id}/source"]
        if submission.state is State.DONE:
            paths += [f"/submissions/{submission.id}?format={form}" for form in FORMATS]
    for revision in store.assignments.list(COURSE):
        paths += [f"/assignments/{revision.assignment_id}", f"/assignments/{revision.assignment_id}/revisions"]
        for revision_record in store.assignments.revisions(COURSE, revision.assignment_id):
            paths.append(f"/assignments/{revision.assignment_id}/revisions/{revision_record.id}")
    paths += [f"/publications/{name}" for name in KNOWN["publications"].values()]
    for regrade in KNOWN["regrades"].values():
        paths += [f"/regrades/{regrade}", f"/regrades/{regrade}/report"]
        paths += [
            f"/regrades/{regrade}/report/{row.submission}" for row in store.regrades.report(regrade).all(frozenset())
        ]
    for callback in KNOWN["callbacks"].values():
        paths.append(f"/callbacks/{callback}")
        paths += [f"/callbacks/{callback}/deliveries?state={state}" for state in DeliveryState]
    error_texts = {path: answer.text for path in paths if (answer := staff.get(path)).status_code != 200}
    assert {path: text for path, text in error_texts.items() if "needs the scope" not in text} == {}
    assert len(paths) > 300


def test_every_page_of_staff_renders(app: Flask, store: Store) -> None:
    client = app.test_client()
    proof = client.get("/sign-in").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    response = client.post("/sign-in", data={"csrf_token": proof, "token": KNOWN["tokens"]["admin"]})
    assert response.status_code == 303
    paths: list[str] = []
    for course in (COURSE, OTHER):
        home = f"/courses/{quote(course)}"
        paths += [home, f"{home}/publish", f"{home}/submissions", f"{home}/regrades"]
        for revision in store.assignments.list(course):
            address = f"{home}/assignments/{revision.assignment_id}"
            paths += [address, f"{address}/regrade"]
            paths += [
                f"{address}/revisions/{revision_record.id}"
                for revision_record in store.assignments.revisions(course, revision.assignment_id)
            ]
    home = f"/courses/{COURSE}"
    for submission in (record for record in submissions(store) if record.course == COURSE):
        paths += [f"{home}/submissions/{submission.id}", f"{home}/submissions/{submission.id}/source"]
    paths += [f"{home}/publications/{name}" for name in KNOWN["publications"].values()]
    for regrade in KNOWN["regrades"].values():
        paths += [f"{home}/regrades/{regrade}", f"{home}/regrades/{regrade}/report.csv"]
    assert {path: answer.text for path in paths if (answer := client.get(path, headers=HTML)).status_code != 200} == {}


@pytest.mark.usefixtures("store")
def test_every_link_holds_and_opens(app: Flask) -> None:
    """With the secret that was the service's then."""
    client = app.test_client()
    for name, path in {**KNOWN["links"]["verdicts"], **KNOWN["links"]}.items():
        if name != "verdicts":
            assert client.get(path, headers=HTML).status_code == 200, name
    with app.test_request_context():
        for name, path in KNOWN["links"]["verdicts"].items():
            assert links.read_verdict(path.rpartition("/")[2]) == DONE[name]


def test_links_of_then_end_when_staff_end_them(app: Flask, staff: Asker) -> None:
    client, paths = app.test_client(), [path for name, path in KNOWN["links"].items() if name != "verdicts"]
    assert paths
    with app.test_request_context():
        contents = [links.open_hand_in(path.rpartition("/")[2]) for path in paths]
    for content in contents:
        staff.delete(f"/courses/{COURSE}/assignments/{content.assignment}/links")
    statuses = [client.get(path, headers=HTML).status_code for path in paths]
    assert statuses == [410 if content.course == COURSE else 200 for content in contents]


def test_every_token_is_worth_what_it_was(store: Store) -> None:
    tokens = {name: store.tokens.verify(secret) for name, secret in KNOWN["tokens"].items()}
    assert {name for name, token in tokens.items() if token is None} == {"revoked", "expired"}
    scopes_by_token = {name: token.scopes for name, token in tokens.items() if token is not None}
    for scope in set(Scope) - {Scope.AUTHOR, Scope.ASSIST}:
        assert scopes_by_token[scope] == {scope}
    assert scopes_by_token["portal"] == {Scope.SUBMIT, Scope.READ}
    # Code is published by those alone who were given the scope for it since.
    assert [name for name, token in tokens.items() if token and token.allows(Scope.AUTHOR)] == [Scope.ADMIN]
    assert len(store.tokens.list()) == len(tokens)


def test_each_course_has_a_record_once_it_is_seen_and_its_staff_are_who_they_were(store: Store) -> None:
    tokens = [token for token in store.tokens.list() if not token.allows(Scope.ADMIN)]
    courses = {course.id: course for course in store.course_records.list()}
    assert courses.keys() >= {COURSE} | {token.course for token in tokens}
    assert courses[COURSE] == Course(COURSE, created=courses[COURSE].created)
    staff = {token.id for token in tokens if token.course == COURSE and Scope.STAFF in token.scopes}
    held = {token.id for token in tokens if store.tokens.valid(token.id)}
    assert {(member.id, member.role) for member in store.staff.members(COURSE)} == {
        (token, Role.INSTRUCTOR) for token in staff & held
    }


def test_a_request_that_was_answered_is_answered_alike(app: Flask) -> None:
    request = KNOWN["idempotency"]
    portal = Asker(app, KNOWN["tokens"]["portal"])
    answer = portal.post("/submissions", {"Idempotency-Key": request["key"]}, json=request["body"])
    assert (answer.status_code, answer.get_json()["id"]) == (202, request["id"])


def test_what_runs_and_gave_no_sign_of_life_is_sent_again_and_graded(context: Context) -> None:
    job = Job(Kind.SUBMISSION, KNOWN["submissions"]["running"])
    assert get_record(context.store, job.id).state is State.RUNNING
    assert context.store.jobs.requeue_lost() == [job]
    assert get_record(context.store, job.id).state is State.QUEUED
    perform_until_graded(context, job.id)
    assert get_record(context.store, job.id).outcome == "passed"


def test_a_publication_that_waits_is_decided(context: Context) -> None:
    name = KNOWN["publications"]["queued"]
    perform(context, Job(Kind.PUBLICATION, name))
    publication = context.store.publications.get(name)
    assert publication is not None
    assert publication.refusal


def test_a_previewed_regrade_is_applied_and_rolled_back(context: Context) -> None:
    store, names = context.store, KNOWN["regraded"]["previewed"]
    before = marks(store, names)
    store.regrades.apply(KNOWN["regrades"]["previewed"], Mode.WHOLE)
    do_step(context, "previewed")
    assert phase(store, "previewed") is Phase.APPLIED
    assert marks(store, names) == marks(store, KNOWN["regraded"]["applied"]) != before
    store.regrades.roll_back(KNOWN["regrades"]["previewed"])
    do_step(context, "previewed")
    assert marks(store, names) == before


def test_an_applied_regrade_is_rolled_back(context: Context) -> None:
    store, names = context.store, KNOWN["regraded"]["applied"]
    store.regrades.roll_back(KNOWN["regrades"]["applied"])
    do_step(context, "applied")
    assert phase(store, "applied") is Phase.ROLLED_BACK
    assert marks(store, names) == marks(store, KNOWN["regraded"]["rolled back"])


def test_notifications_go_on(store: Store) -> None:
    """A day and more later, so that every delivery is due."""
    store.notifications.ahead = 40 * 86_400.0
    moved_count, unreadable = store.notifications.move()
    assert (moved_count > 0, unreadable) == (True, [])
    attempts = store.notifications.claim(1000, 1000, 10.0)
    assert {attempt.event for attempt in attempts} > {"submission.done"}
    first = next(attempt for attempt in attempts if attempt.url.endswith("/hook"))
    assert first.secrets[0] == KNOWN["callback secrets"][1]
    assert {endpoint.id for endpoint in store.notifications.of_course(COURSE)} == set(KNOWN["callbacks"].values())


def test_lists_by_state_are_the_same_before_and_after_they_are_kept(store: Store) -> None:
    def list_indexes() -> Raw:
        return {
            state: [record.id for record in store.submissions.list(Filter(COURSE, state=state), 200).items]
            for state in State
        }

    before = list_indexes()
    assert sum(map(len, before.values())) == len(store.submissions.list(Filter(COURSE), 1000).items)
    assert store.redis.exists("bm:courses-listed") == 0
    assert store.submissions.relist(100_000) > 0
    assert store.redis.sismember("bm:courses-listed", COURSE)
    assert list_indexes() == before


def test_a_student_is_deleted_with_everything(store: Store) -> None:
    assert store.submissions.delete_student(COURSE, "previewed 1") == 1
    assert store.submissions.delete_student(COURSE, "eve") == 20
    remaining_records: Raw = {record.id: record for record in submissions(store)}
    assert not {"eve", "previewed 1"} & {record.student for record in remaining_records.values()}
