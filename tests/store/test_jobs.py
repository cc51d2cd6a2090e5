"""A claim, its lease, and its end: one terminal state, whoever asks twice or too late."""

import logging

import pytest

from backmark.grader.model.records import Claim, Job, Kind, Queue, State
from backmark.grader.store import keys
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, end_lease, job, new, now, position, verdict


def test_a_claim_is_given_once(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    assert claim.fence == 1
    assert store.jobs.claim(job(name)) is None
    assert now(store, name).state is State.RUNNING
    assert now(store, name).tries == 1
    assert store.jobs.running() == 1


def test_there_is_no_claim_on_what_is_not_there(store: Store) -> None:
    assert store.jobs.claim(job("nothing")) is None
    assert store.jobs.claim(Job(Kind.UNIT, "nothing")) is None


def test_a_beat_starts_the_lease_anew(store: Store) -> None:
    claim = claim_job(store, accept(store))
    end_lease(store, claim)
    assert store.jobs.beat(claim)
    assert store.jobs.requeue_lost() == []


def test_handing_back_restores_tries_and_the_place_in_the_queue(store: Store) -> None:
    first, second = accept(store), accept(store, new("bob"))
    claim = claim_job(store, first)
    assert position(store, job(second)) == 0
    assert store.jobs.hand_back(claim)
    assert [position(store, job(name)) for name in (first, second)] == [0, 1]
    assert (now(store, first).tries, now(store, first).started) == (0, None)
    assert not store.jobs.beat(claim)


def test_what_is_said_again_because_the_answer_was_lost_is_true_again(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    assert [store.jobs.hand_back(claim), store.jobs.hand_back(claim)] == [True, True]
    claim = claim_job(store, name)
    assert [store.submissions.finish(claim, verdict()) for _ in range(2)] == [True, True]
    assert store.counters.read().outcomes == {"passed": 1}


def test_a_lost_lease_is_queued_again_at_its_place(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    first, second = accept(store), accept(store, new("bob"))
    claim = claim_job(store, first)
    end_lease(store, claim)
    with caplog.at_level(logging.WARNING):
        assert store.jobs.requeue_lost() == [job(first)]
    assert [position(store, job(name)) for name in (first, second)] == [0, 1]
    assert not store.submissions.finish(claim, verdict())
    assert store.jobs.requeue_lost() == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_worker_that_was_taken_over_says_nothing_more(store: Store) -> None:
    name = accept(store)
    late_claim = claim_job(store, name)
    end_lease(store, late_claim)
    store.jobs.requeue_lost()
    current = claim_job(store, name)
    assert not store.jobs.beat(late_claim)
    assert not store.jobs.hand_back(late_claim)
    assert store.jobs.record_failure(late_claim, "late") is State.RUNNING
    assert not store.submissions.finish(late_claim, verdict("failed"))
    assert store.submissions.finish(current, verdict("passed"))
    assert now(store, name).outcome == "passed"


def test_the_last_try_lost_ends_as_service_failed_with_an_alarm(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    name = accept(store)
    for _ in range(store.settings.tries):
        end_lease(store, claim_job(store, name))
        store.jobs.requeue_lost()
    submission = now(store, name)
    assert (submission.state, submission.outcome, submission.verdict) == (State.SERVICE_FAILED, None, None)
    assert "no sign of life, 3 times" in (submission.failure or "")
    assert store.counters.read().service_failures == 1
    assert store.counters.read().lost_leases == 3
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR"]


def test_our_failure_is_tried_again_and_then_ends(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    name = accept(store)
    states = [store.jobs.record_failure(claim_job(store, name), "the jail lost its way") for _ in range(3)]
    assert states == [State.QUEUED, State.QUEUED, State.SERVICE_FAILED]
    assert now(store, name).failure == "the jail lost its way"
    assert "the jail lost its way" in caplog.records[-1].getMessage()
    assert caplog.records[-1].levelname == "ERROR"


def test_what_was_deleted_while_it_ran_counts_as_cancelled(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    store.submissions.delete(name)
    assert not store.jobs.beat(claim)
    assert not store.jobs.hand_back(claim)
    assert store.jobs.record_failure(claim, "gone") is State.CANCELLED
    assert not store.submissions.finish(claim, verdict())
    assert store.jobs.requeue_lost() == []
    assert store.jobs.running() == 0


def test_a_lease_without_its_job_is_cleared(store: Store) -> None:
    store.redis.zadd(keys.LEASES, {"submission:gone": 1})
    assert store.jobs.requeue_lost() == []
    assert store.jobs.running() == 0


def test_other_kinds_end_with_fields_of_their_own(store: Store) -> None:
    publication = store.publications.request(NewPublication("cs101", "mine", "id = 'mine'"))
    claim = store.jobs.claim(Job(Kind.PUBLICATION, publication.id))
    assert claim is not None
    assert [store.jobs.conclude(claim, State.DONE, revision="abc") for _ in range(2)] == [True, True]
    assert not store.jobs.conclude(Claim(claim.job, 7), State.DONE, revision="other")
    record = store.publications.get(publication.id)
    assert record is not None
    assert (record.state, record.revision) == (State.DONE, "abc")


def test_a_worker_that_was_taken_over_ends_no_job_of_another_kind(store: Store) -> None:
    job_waiting = Job(Kind.PUBLICATION, store.publications.request(NewPublication("cs101", "mine", "id = 'mine'")).id)
    late_claim = store.jobs.claim(job_waiting)
    assert late_claim is not None
    end_lease(store, late_claim)
    assert store.jobs.requeue_lost() == [job_waiting]
    current = store.jobs.claim(job_waiting)
    assert current is not None
    assert not store.jobs.conclude(late_claim, State.DONE, refused="late")
    assert store.jobs.conclude(current, State.DONE, revision="abc")
    record = store.publications.get(job_waiting.id)
    assert record is not None
    assert (record.revision, record.refusal) == ("abc", None)


def test_a_submission_ends_with_a_verdict_and_nothing_else(store: Store) -> None:
    claim = claim_job(store, accept(store))
    with pytest.raises(ValueError, match="finish"):
        store.jobs.conclude(claim, State.DONE)
    with pytest.raises(ValueError, match="not an end"):
        store.jobs.conclude(Claim(Job(Kind.UNIT, "u"), 1), State.RUNNING)
    with pytest.raises(ValueError, match="no verdict"):
        store.submissions.finish(Claim(Job(Kind.UNIT, "u"), 1), verdict())


def test_kinds_wait_in_queues_of_their_own(store: Store) -> None:
    accept(store)
    store.publications.request(NewPublication("cs101", "mine", ""))
    assert [store.jobs.waiting(queue) for queue in Queue] == [1, 0, 1, 0]
    assert store.jobs.oldest(Queue.REGRADE) is None
    oldest = store.jobs.oldest(Queue.INTERACTIVE)
    assert oldest is not None
    assert 0 <= oldest < 60
