"""Staff retry submissions that ended as service_failed: the same submission, once, with all its tries."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from backmark.grader.model.records import Claim, State
from backmark.grader.store.store import Store
from tests.store.making import OUTBOX, accept, claim_job, finish_job, job, new, now, position, verdict


def fail_submission(store: Store, student: str = "ada", *, course: str = "cs101", assignment: str = "udl-7.2") -> str:
    """A submission that ended as service_failed."""
    name = accept(store, new(student, course=course, assignment=assignment))
    while store.jobs.record_failure(claim_job(store, name), "the networks are damaged") is State.QUEUED:
        pass
    return name


def test_a_retried_submission_keeps_its_attempt_and_place_and_has_all_its_tries(store: Store) -> None:
    name = fail_submission(store)
    before = now(store, name)
    other_id = accept(store, new("bob"))
    assert store.submissions.retry(name)
    after = now(store, name)
    assert (after.attempt, after.created, after.tries, after.failure, after.finished) == (
        1,
        before.created,
        0,
        None,
        None,
    )
    assert [position(store, job(submission_id)) for submission_id in (other_id, name)] == [0, 1]
    assert store.submissions.finish(claim_job(store, name), verdict("failed"))
    assert (now(store, name).state, now(store, name).outcome) == (State.DONE, "failed")


def test_notifications_are_told_of_its_verdict(store: Store) -> None:
    name = fail_submission(store)
    store.submissions.retry(name)
    store.submissions.finish(claim_job(store, name), verdict())
    events = [json.loads(line)["event"] for line in store.redis.lrange(OUTBOX, 0, -1)]
    assert events == ["submission.service_failed", "submission.done"]


def test_concurrent_clicks_let_it_wait_once(store: Store) -> None:
    name = fail_submission(store)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: store.submissions.retry(name), range(16)))
    assert answers.count(True) == 1
    assert store.counters.read().retried == 1
    claim = claim_job(store, name)
    assert not store.submissions.retry(name)
    assert store.submissions.finish(claim, verdict())


@pytest.mark.parametrize("end", ["waits", "runs", "done", "cancelled", "superseded", "deleted"])
def test_nothing_else_is_retried(store: Store, end: str) -> None:
    name = finish_job(store) if end == "done" else accept(store)
    if end == "runs":
        claim_job(store, name)
    elif end == "cancelled":
        store.submissions.cancel(name)
    elif end == "superseded":
        accept(store)
    elif end == "deleted":
        store.submissions.delete(name)
    before = store.submissions.get(name)
    assert not store.submissions.retry(name)
    assert store.submissions.get(name) == before


def test_while_it_waits_it_is_superseded_cancelled_or_deleted_like_any_other(store: Store) -> None:
    superseded_id, cancelled_id, deleted_id = (
        fail_submission(store),
        fail_submission(store, "bob"),
        fail_submission(store, "eve"),
    )
    for name in (superseded_id, cancelled_id, deleted_id):
        assert store.submissions.retry(name)
    later_id = accept(store)
    store.submissions.cancel(cancelled_id)
    store.submissions.delete(deleted_id)
    assert now(store, superseded_id).superseded_by == later_id
    assert now(store, cancelled_id).state is State.CANCELLED
    assert store.submissions.get(deleted_id) is None
    assert store.jobs.claim_next() == Claim(job(later_id), 1)
    assert store.jobs.claim_next() is None


def test_a_worker_of_before_ends_nothing(store: Store) -> None:
    name = accept(store)
    claims = [claim_job(store, name)]
    while store.jobs.record_failure(claims[-1], "broken") is State.QUEUED:
        claims.append(claim_job(store, name))
    store.submissions.retry(name)
    current = claim_job(store, name)
    assert not any(store.submissions.finish(late_claim, verdict("failed")) for late_claim in claims)
    assert store.submissions.finish(current, verdict("passed"))
    assert now(store, name).outcome == "passed"


def test_all_of_a_course_or_an_assignment_are_retried_page_by_page(store: Store) -> None:
    own_ids = [fail_submission(store, student, assignment="mine") for student in ("ada", "bob", "eve")]
    other_id = fail_submission(store, assignment="other")
    elsewhere_id = fail_submission(store, course="cs102")
    finish_job(store, new("done", assignment="mine"))
    first = store.submissions.retry_all("cs101", "mine", limit=2)
    second = store.submissions.retry_all("cs101", "mine", limit=2, cursor=first.next_cursor)
    assert (first.items, second.items, second.next_cursor) == ((own_ids[2], own_ids[1]), (own_ids[0],), None)
    assert store.submissions.retry_all("cs101", "mine").items == ()
    assert store.submissions.retry_all("cs101").items == (other_id,)
    assert now(store, elsewhere_id).state is State.SERVICE_FAILED
