"""Deleting takes everything that belongs to a submission or a student, and nothing of others'."""

from backmark.grader.model.records import Queue, State
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from tests.store.making import (
    accept,
    cache_verdict,
    claim_job,
    finish_job,
    job,
    list_remains,
    new,
    now,
    replace_verdict,
    verdict,
)


def test_nothing_is_left_of_a_deleted_submission(store: Store) -> None:
    name = finish_job(store, new(key="k"))
    cache_verdict(store, "key", verdict(), now(store, name).source_sha256)
    replace_verdict(store, name, 1, verdict("failed"), "regrade")
    assert store.submissions.delete(name)
    assert list_remains(store) == set()
    assert store.submissions.get(name) is None
    assert not store.submissions.delete(name)


def test_deleting_one_that_waits_takes_it_out_of_the_queue(store: Store) -> None:
    name = accept(store)
    assert store.submissions.delete(name)
    assert store.jobs.claim(job(name)) is None
    assert list_remains(store) == set()


def test_deleting_one_that_runs_drops_its_verdict(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    store.submissions.delete(name)
    assert not store.submissions.finish(claim, verdict())
    assert list_remains(store) == set()


def test_a_source_goes_with_the_last_who_handed_it_in(store: Store) -> None:
    first, second = finish_job(store), finish_job(store, new("bob", course="other"))
    store.submissions.delete(first)
    assert store.submissions.source(second) is not None
    store.submissions.delete(second)
    assert list_remains(store) == set()


def test_deleting_a_student_takes_everything_of_theirs_in_the_course(store: Store) -> None:
    for submission in (new(key="k"), new(assignment="other"), new(source=b"another")):
        finish_job(store, submission)
    accept(store)
    claim_job(store, accept(store, new(assignment="third")))
    assert store.submissions.delete_student("cs101", "ada") == 5
    assert list_remains(store) == set()
    assert store.submissions.delete_student("cs101", "ada") == 0


def test_deleting_a_student_leaves_others_and_other_courses(store: Store) -> None:
    other_ids = [finish_job(store, new("bob")), finish_job(store, new(course="other"))]
    finish_job(store)
    store.submissions.delete_student("cs101", "ada")
    assert [now(store, name).state for name in other_ids] == [State.DONE, State.DONE]
    assert now(store, finish_job(store)).attempt == 1


def test_what_is_old_and_has_ended_expires(store: Store) -> None:
    old_ids = [finish_job(store), finish_job(store, new("bob"))]
    waiting_id = accept(store, new("eve"))
    running_id = accept(store, new("mia"))
    claim_job(store, running_id)
    end_time = now(store, running_id).created + 1e-4
    recent_id = finish_job(store, new(course="other"))
    assert [store.submissions.expire(end_time, limit=1) for _ in range(3)] == [1, 1, 0]
    assert [store.submissions.get(name) for name in old_ids] == [None, None]
    assert {now(store, name).state for name in (waiting_id, running_id, recent_id)} == {
        State.QUEUED,
        State.RUNNING,
        State.DONE,
    }


def test_cancelling_ends_what_waits_or_runs_and_nothing_else(store: Store) -> None:
    waiting_id, running_id, done_id = accept(store), accept(store, new("bob")), finish_job(store, new("eve"))
    claim = claim_job(store, running_id)
    records = [store.submissions.cancel(name) for name in (waiting_id, running_id, done_id, "nothing")]
    assert [record and record.state for record in records] == [State.CANCELLED, State.CANCELLED, State.DONE, None]
    assert not store.jobs.beat(claim)
    assert not store.submissions.finish(claim, verdict())
    assert store.jobs.waiting(Queue.INTERACTIVE) == store.jobs.running() == 0
    assert store.submissions.list(Filter("cs101", state=State.CANCELLED)).items[0].id == running_id
