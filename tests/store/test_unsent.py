"""Jobs whose message was lost are found by comparing the store with Celery's own queues, on the real thing."""

from collections.abc import Iterable, Iterator

import pytest
from celery import Celery

from backmark.grader.dispatch import CeleryDispatcher, application
from backmark.grader.model.records import Job, Kind
from backmark.grader.store import keys
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, job, new
from tests.store.regrading import grade_submission, result, select_units, unit_graded, waiting_units


@pytest.fixture
def celery(store: Store) -> Iterator[Celery]:
    app = application(store.settings)
    yield app
    app.close()


def age(store: Store, name: str) -> None:
    """Let so much time have passed since it was sent that it may be sent again."""
    store.redis.hset(keys.key(Kind.SUBMISSION, name), "resend", "0")


def test_what_waits_in_an_empty_queue_is_sent_again_once(store: Store) -> None:
    name = accept(store)
    assert store.jobs.unsent() == []
    age(store, name)
    assert store.jobs.unsent() == [job(name)]
    assert store.jobs.unsent() == []
    assert store.counters.read().sent_again == 1


def test_what_has_its_message_is_not_sent_again(store: Store, celery: Celery) -> None:
    names = [accept(store, new(f"s{at}")) for at in range(3)]
    for name in names:
        CeleryDispatcher(celery).send(job(name))
        age(store, name)
    assert store.redis.llen("celery:interactive") == 3
    assert store.jobs.unsent() == []


def test_as_many_are_sent_again_as_messages_are_missing_oldest_first(store: Store, celery: Celery) -> None:
    names = [accept(store, new(f"s{at}")) for at in range(3)]
    CeleryDispatcher(celery).send(job(names[0]))
    for name in names:
        age(store, name)
    assert store.jobs.unsent() == [job(names[0]), job(names[1])]


def test_a_message_that_a_worker_holds_counts_while_others_are_queued(store: Store, celery: Celery) -> None:
    names = [accept(store, new(f"s{at}")) for at in range(2)]
    for name in names:
        CeleryDispatcher(celery).send(job(name))
        age(store, name)
    with celery.connection() as connection, connection.SimpleQueue("interactive") as queue:
        queue.get(timeout=30)
        assert store.redis.hlen("celery:unacked") == 1
        assert store.jobs.unsent() == []


def test_a_message_that_was_sent_ahead_of_the_others_counts(store: Store, celery: Celery) -> None:
    names = [accept(store, new(f"s{at}")) for at in range(2)]
    for name in names:
        CeleryDispatcher(celery).send_again(job(name))
        age(store, name)
    assert store.jobs.unsent() == []


def test_a_message_that_a_dead_worker_held_is_sent_again(store: Store, celery: Celery) -> None:
    name = accept(store)
    CeleryDispatcher(celery).send(job(name))
    age(store, name)
    with celery.connection() as connection, connection.SimpleQueue("interactive") as queue:
        queue.get(timeout=30)
        assert store.jobs.unsent() == [job(name)]


def test_a_limit_is_kept(store: Store) -> None:
    names = [accept(store, new(f"s{at}")) for at in range(4)]
    for name in names:
        age(store, name)
    assert store.jobs.unsent(limit=3) == [job(name) for name in names[:3]]
    assert store.jobs.unsent(limit=3) == [job(names[3])]


def test_what_runs_or_has_ended_is_not_sent(store: Store) -> None:
    running_id, cancelled_id = accept(store), accept(store, new("bob"))
    claim_job(store, running_id)
    store.submissions.cancel(cancelled_id)
    assert store.jobs.unsent() == []


def test_what_was_handed_back_and_not_sent_is_found_soon(store: Store) -> None:
    name = accept(store)
    store.jobs.hand_back(claim_job(store, name))
    assert store.jobs.unsent() == []
    age(store, name)
    assert store.jobs.unsent() == [job(name)]


#: Messages for the units of regrades at a time.
MOST = 64


@pytest.fixture
def units(store: Store) -> list[Job]:
    """The units of a regrade that has just selected them, in the queue."""
    for number in range(MOST + 6):
        grade_submission(store, f"student-{number}", str(number))
    select_units(store)
    return waiting_units(store)


def send(celery: Celery, jobs: Iterable[Job]) -> None:
    for job_to_send in jobs:
        CeleryDispatcher(celery).send(job_to_send)


def test_a_regrade_has_a_message_for_each_worker_rather_than_for_each_unit(
    store: Store, celery: Celery, units: list[Job]
) -> None:
    for unit in units:
        store.redis.hset(keys.key(Kind.UNIT, unit.id), "resend", "0")
    unsent = store.jobs.unsent()
    assert unsent == units[:MOST]
    send(celery, unsent)
    assert store.jobs.unsent() == []


def test_the_end_of_a_unit_has_messages_sent_where_some_are_missing(
    store: Store, celery: Celery, units: list[Job]
) -> None:
    """So every worker that is free hears of what waits, and the last units are followed by none."""
    send(celery, units[:MOST])
    for lacking_count, taken_count in ((0, 0), (1, 1), (2, 5)):
        for _ in range(taken_count):
            store.redis.rpop("celery:regrade")
        claim = store.jobs.claim_next(Kind.UNIT)
        assert claim is not None
        unsent = unit_graded(store, claim, result(8))
        assert unsent == tuple(waiting_units(store)[:lacking_count])
        send(celery, unsent)
    store.redis.delete("celery:regrade")
    while (claim := store.jobs.claim_next(Kind.UNIT)) is not None:
        last = unit_graded(store, claim, result(8))
    assert last == ()


@pytest.mark.parametrize("kind", [Kind.SUBMISSION, Kind.UNIT])
def test_messages_about_nothing_are_dropped_and_no_other(
    store: Store, celery: Celery, units: list[Job], kind: Kind
) -> None:
    """A worker that goes on leaves the messages of what it took."""
    first, second = (accept(store, new(f"s{at}")) for at in range(2))
    send(celery, [*units[:3], job(first), job(second)])
    while store.redis.zcard(f"bm:waiting:{kind.queue}") > 1:
        assert store.jobs.claim_next(kind) is not None
    count = store.redis.llen(f"celery:{kind.queue}")
    assert store.jobs.claim_next(kind) is not None
    assert store.redis.llen(f"celery:{kind.queue}") == count > 1
    assert store.jobs.claim_next(kind) is None
    other_kind = {Kind.SUBMISSION: Kind.UNIT, Kind.UNIT: Kind.SUBMISSION}[kind]
    assert (store.redis.llen(f"celery:{kind.queue}"), store.redis.llen(f"celery:{other_kind.queue}") > 1) == (0, True)
