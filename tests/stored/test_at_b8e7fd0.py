"""The records of a service of version 0.1.0 (commit b8e7fd0) are read, graded, regraded and shown by this version.

`at_b8e7fd0/` is never made anew, whatever changes: it stands for the data of those who run Backmark. A test that fails
here says that this version no longer reads such data, so mend the reader. A later version that stores something new
adds a folder of its own beside it (its `fill.py`, run once with the code of its commit) and its name to the services
of `test_services.py`, which has the tests that are the same for each.

Its revisions, which this version no longer judges: `test_layered_at_b8e7fd0.py`.
"""

from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask

from backmark.grader.model.notifications import DeliveryState
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Job, Kind, Scope, State
from backmark.grader.reports.registry import FORMATS
from backmark.grader.store import keys
from backmark.grader.store.cohorts import HOUR
from backmark.grader.store.keys import part
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.stored.loading import Raw
from tests.stored.service import AT_B8E7FD0
from tests.web.asking import Asker

KNOWN = AT_B8E7FD0.known
COURSE = AT_B8E7FD0.courses[0]


@pytest.fixture
def staff(app: Flask) -> Asker:
    return Asker(app, KNOWN["tokens"]["staff"])


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
    for submission in (record for record in AT_B8E7FD0.submissions(store) if record.course == COURSE):
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


def test_every_token_is_worth_what_it_was(store: Store) -> None:
    tokens = {name: store.tokens.verify(secret) for name, secret in KNOWN["tokens"].items()}
    assert {name for name, token in tokens.items() if token is None} == {"revoked", "expired"}
    scopes_by_token = {name: token.scopes for name, token in tokens.items() if token is not None}
    for scope in set(Scope) - {Scope.AUTHOR, Scope.ASSIST, Scope.OPERATE}:
        assert scopes_by_token[scope] == {scope}
    assert scopes_by_token["portal"] == {Scope.SUBMIT, Scope.READ}
    # Code is published by those alone who were given the scope for it since.
    assert [name for name, token in tokens.items() if token and token.allows(Scope.AUTHOR)] == [Scope.ADMIN]
    assert [name for name, token in tokens.items() if token and token.allows(Scope.OPERATE)] == [Scope.ADMIN]
    assert len(store.tokens.list()) == len(tokens)


def test_a_publication_that_waits_is_decided(context: Context) -> None:
    name = KNOWN["publications"]["queued"]
    perform(context, Job(Kind.PUBLICATION, name))
    publication = context.store.publications.get(name)
    assert publication is not None
    assert publication.refusal


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
    remaining_records: Raw = {record.id: record for record in AT_B8E7FD0.submissions(store)}
    assert not {"eve", "previewed 1"} & {record.student for record in remaining_records.values()}
