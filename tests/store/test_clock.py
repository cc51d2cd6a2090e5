"""Redis's clock is set back by an hour: nothing waits for that hour, and nothing that lives is taken from anybody."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from backmark.grader.model.notifications import DeliveryState, Event
from backmark.grader.model.records import Job, Kind, State
from backmark.grader.model.regrades import Phase, Selection
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import keys
from backmark.grader.store.notifications import DeliveryAttempt, Result
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from tests.store.making import REVISION, accept, claim_job, end_lease, job, make_notification, new, now, verdict
from tests.store.regrading import waiting_units

HOUR = 3_600_000


@pytest.fixture
def hasty(settings: ServiceSettings) -> Iterator[Store]:
    """A store whose leases are short, empty at the start."""
    new_store = Store.connect(settings.model_copy(update={"lease_seconds": 0.6}))
    new_store.redis.flushall()
    yield new_store
    new_store.close()


def waiting_job(store: Store, kind: Kind) -> Job:
    """A job of that kind that waits."""
    if kind is Kind.SUBMISSION:
        return job(accept(store))
    if kind is Kind.PUBLICATION:
        return Job(kind, store.publications.request(NewPublication("cs101", "mine", "id = 'mine'")).id)
    if kind is Kind.REGRADE:
        return Job(kind, store.regrades.request(Selection("cs101", "udl-7.2", REVISION)).regrade.id)
    claim = claim_job(store, accept(store))
    assert store.submissions.finish(claim, verdict())
    regrade = store.jobs.claim(waiting_job(store, Kind.REGRADE))
    assert regrade is not None
    step = store.regrade_steps.choose(regrade)
    assert step is not None
    return waiting_units(store)[0]


def set_back(store: Store) -> None:
    """Let the leases be as those that were given before the clock was set back by an hour."""
    members: Any = store.redis.zrange(keys.LEASES, 0, -1)
    for member in members:
        store.redis.zincrby(keys.LEASES, HOUR, member)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_dead_worker_is_missed_after_a_lease_whatever_it_held(hasty: Store, kind: Kind) -> None:
    job_waiting = waiting_job(hasty, kind)
    assert hasty.jobs.claim(job_waiting) is not None
    set_back(hasty)
    assert hasty.jobs.requeue_lost() == []
    end = time.monotonic() + 30
    while not (lost_jobs := hasty.jobs.requeue_lost()):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert lost_jobs == [job_waiting]


def test_a_worker_that_lives_keeps_its_claim_and_no_try_is_counted(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    set_back(store)
    assert store.jobs.requeue_lost() == []
    assert store.jobs.beat(claim)
    assert store.jobs.requeue_lost() == []
    assert store.submissions.finish(claim, verdict())
    assert now(store, name).tries == 1


def test_a_lease_that_was_longer_than_the_sweeper_s_is_kept(store: Store, settings: ServiceSettings) -> None:
    patient = Store.connect(settings.model_copy(update={"lease_seconds": 600.0}))
    claim_job(patient, accept(patient))
    before = store.redis.zrange(keys.LEASES, 0, -1, withscores=True)
    assert store.jobs.requeue_lost() == []
    assert store.redis.zrange(keys.LEASES, 0, -1, withscores=True) == before
    patient.close()


def test_leases_that_seem_to_have_ended_are_lost_once(store: Store) -> None:
    """As after a clock that was set forward, if nobody noticed that."""
    name = accept(store)
    claim = claim_job(store, name)
    end_lease(store, claim)
    assert store.jobs.requeue_lost() == [job(name)]
    assert store.jobs.requeue_lost() == []
    assert not store.submissions.finish(claim, verdict("failed"))
    assert store.submissions.finish(claim_job(store, name), verdict())
    assert now(store, name).state is State.DONE


def test_a_dead_worker_is_not_counted_for_an_hour(store: Store) -> None:
    store.workers.report(Worker("w", "here", 1, jail=True, reason=None, version="0", role="worker"))
    store.redis.pexpire(keys.key("worker", "w"), HOUR)
    assert [worker.name for worker in store.workers.list()] == ["w"]
    assert 0 < store.redis.pttl(keys.key("worker", "w")) <= 15_000


def deliverable(store: Store) -> str:
    """An endpoint with a delivery of an hour ahead, by the clock that is set back afterwards."""
    endpoint, _ = make_notification(store, "https://portal.example/heard", Event.CANCELLED)
    store.submissions.cancel(accept(store, new()))
    store.notifications.ahead = 3600
    store.notifications.move()
    return endpoint.id


def attempt(store: Store) -> DeliveryAttempt | None:
    """The delivery, if it can be claimed now."""
    return next(iter(store.notifications.claim(10, 10, 60.0)), None)


def test_a_notification_that_was_due_is_due(store: Store) -> None:
    deliverable(store)
    store.notifications.ahead = 0
    assert attempt(store) is not None


def test_a_notification_whose_sender_died_is_sent_after_a_lease(store: Store) -> None:
    deliverable(store)
    first = attempt(store)
    store.notifications.ahead = 0
    assert first is not None
    assert attempt(store) is None
    store.notifications.ahead = 61
    assert attempt(store) is not None
    assert store.notifications.conclude(first, Result.DELIVERED) is None


def test_a_notification_whose_sender_lives_is_sent_once(store: Store) -> None:
    endpoint = deliverable(store)
    first = attempt(store)
    store.notifications.ahead = 0
    assert first is not None
    assert attempt(store) is None
    assert store.notifications.conclude(first, Result.DELIVERED) is DeliveryState.DELIVERED
    store.notifications.ahead = 7200
    assert attempt(store) is None
    assert len(store.notifications.deliveries(endpoint, DeliveryState.DELIVERED).items) == 1


def test_a_notification_that_failed_is_tried_again_after_its_own_pause(store: Store) -> None:
    endpoint = deliverable(store)
    first = attempt(store)
    assert first is not None
    store.notifications.conclude(first, Result.RETRY, pause=5)
    store.notifications.ahead = 0
    assert attempt(store) is None
    (delivery,) = store.notifications.deliveries(endpoint, DeliveryState.PENDING).items
    assert delivery.due == pytest.approx(time.time() + 5, abs=4)
    store.notifications.ahead = 6
    assert attempt(store) is not None


def test_a_regrade_goes_on(store: Store) -> None:
    job_waiting = waiting_job(store, Kind.REGRADE)
    claim = store.jobs.claim(job_waiting)
    assert claim is not None
    set_back(store)
    assert store.jobs.requeue_lost() == []
    assert store.regrade_steps.choose(claim) is not None
    record = store.regrades.get(job_waiting.id)
    assert record is not None
    assert record.phase is Phase.PREVIEWED
