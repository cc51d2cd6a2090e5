"""A hold on a job: renewed while it is wanted, over as soon as it is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Job, Kind, State
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from backmark.worker.service.context import Context
from backmark.worker.service.lease import Lease, Stopping, Withdrawn, claim_next, hold_lease
from backmark.worker.service.sweeper import Sweeper
from tests.service.conftest import Making
from tests.service.parts import PATIENCE, until
from tests.store.making import end_lease, position


@pytest.fixture
def quick_context(making: Making) -> Context:
    """A context whose leases are short, but no busy machine keeps a thread from renewing them."""
    return making(lease_seconds=3, grace_seconds=0)


def make_job(context: Context) -> Job:
    new = NewSubmission("course", "udl-7.2", "revision", "ann", "a.py", b"source")
    return Job(Kind.SUBMISSION, context.store.submissions.accept(new).id)


@contextmanager
def take_lease(context: Context) -> Iterator[Lease | None]:
    """The lease of the job whose turn it is; None if there is nothing to do."""
    job_claim = claim_next(context)
    with nullcontext() if job_claim is None else hold_lease(context, job_claim) as lease:
        yield lease


def test_what_is_held_is_not_lost_and_what_is_let_go_is(quick_context: Context) -> None:
    job = make_job(quick_context)
    with take_lease(quick_context) as hold:
        assert hold is not None
        end = threading.Event()
        assert not end.wait(4.5), "more than a lease passes"
        assert quick_context.store.jobs.requeue_lost() == []
        hold.check()
    until(lambda: quick_context.store.jobs.requeue_lost() == [job], "its lease ends")


def test_a_job_can_be_held_once(quick_context: Context) -> None:
    make_job(quick_context)
    with take_lease(quick_context) as first, take_lease(quick_context) as second:
        assert first is not None
        assert second is None


def test_a_cancelled_job_is_withdrawn_and_what_it_does_is_ended(quick_context: Context) -> None:
    job, end_event = make_job(quick_context), threading.Event()
    with take_lease(quick_context) as hold:
        assert hold is not None
        with hold.ending(end_event.set):
            quick_context.store.submissions.cancel(job.id)
            assert end_event.wait(PATIENCE)
        with pytest.raises(Withdrawn):
            hold.check()
        # Also where whoever works comes late.
        late_event = threading.Event()
        with hold.ending(late_event.set):
            assert late_event.is_set()


def test_a_stop_ends_it_after_its_grace(making: Making) -> None:
    context = making(lease_seconds=3, grace_seconds=0.3)
    make_job(context)
    end_event = threading.Event()
    with take_lease(context) as hold:
        assert hold is not None
        context.stop.request()
        hold.check()
        with hold.ending(end_event.set):
            assert end_event.wait(PATIENCE)
        with pytest.raises(Stopping):
            hold.check()


def test_a_worker_that_stops_claims_nothing_more(quick_context: Context) -> None:
    job = make_job(quick_context)
    quick_context.stop.request()
    with pytest.raises(Stopping), take_lease(quick_context):
        pass
    assert position(quick_context.store, job) == 0


@pytest.fixture
def redis(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may kill; skipped or failing as the other."""
    assert redis_server.pid
    server = EmbeddedRedis(tmp_path_factory.mktemp("mortal"), lasting_port())
    server.start()
    yield server
    server.stop()


def test_a_store_that_was_away_still_finds_whoever_held_a_job(redis: EmbeddedRedis, making: Making) -> None:
    """Away for longer than a lease: a sweeper gives everyone time to come back, and the answer is not lost."""
    context = making(redis_url=redis.url, lease_seconds=3)
    job, stop, start_event = make_job(context), threading.Event(), threading.Event()

    def restart() -> None:
        stop.wait(4.5)
        try:
            redis.start()
        except StoreUnavailable:
            # Or the test would wait for it for ever.
            context.stop.request()
            raise
        start_event.set()
        # Redis ends with the thread that started it.
        stop.wait()

    restart_thread = threading.Thread(target=restart)
    sweep_thread = threading.Thread(
        target=Sweeper(context.store, context.dispatcher, context.settings).loop, args=(stop,)
    )
    sweep_thread.start()
    try:
        with take_lease(context) as hold:
            assert hold is not None
            redis.kill()
            restart_thread.start()
            assert hold.retry(lambda: context.store.submissions.get(job.id)) is not None
            assert start_event.wait(30)
            assert not stop.wait(4), "the sweeper looks, and a lease passes"
            hold.check()
            record = context.store.submissions.get(job.id)
            assert record is not None
            assert (record.state, record.tries) == (State.RUNNING, 1)
    finally:
        stop.set()
        sweep_thread.join()
        if restart_thread.ident is not None:
            restart_thread.join()


def test_a_clock_that_was_set_forward_takes_no_job_from_a_worker_that_lives(
    making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is dead is missed all the same."""
    context = making(lease_seconds=0.75)
    jobs, job = context.store.jobs, make_job(context)
    sweeper = Sweeper(context.store, context.dispatcher, context.settings)
    claim = jobs.claim(job)
    assert claim is not None
    sweeper.look()
    real_time = context.store.time
    monkeypatch.setattr(context.store, "time", lambda: real_time() + 3600)
    end_lease(context.store, claim)
    sweeper.look()
    assert jobs.beat(claim)

    def is_requeued() -> bool:
        sweeper.look()
        return position(context.store, job) == 0

    until(is_requeued, "its lease ends")
