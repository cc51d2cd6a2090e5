"""A hold on a job: renewed while it is wanted, over as soon as it is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from grader.errors import StoreUnavailable
from grader.model.records import Job, Kind, State
from grader.store.submissions import NewSubmission
from tests.service.conftest import Making
from tests.service.parts import PATIENCE, until
from tests.store.making import end_lease
from worker.serve.embedded import EmbeddedRedis, lasting_port
from worker.service.context import Context
from worker.service.lease import Lease, Stopping, Withdrawn, claim, hold_lease
from worker.service.sweeper import Sweeper


@pytest.fixture
def quick(making: Making) -> Context:
    """A context whose leases are short, but no busy machine keeps a thread from renewing them."""
    return making(lease_seconds=3, grace_seconds=0)


def waiting(context: Context) -> Job:
    new = NewSubmission("course", "udl-7.2", "revision", "ann", "a.py", b"source")
    return Job(Kind.SUBMISSION, context.store.submissions.accept(new).id)


@contextmanager
def held(context: Context, job: Job) -> Iterator[Lease | None]:
    """The lease of a job that a message is about; None if there is nothing to do."""
    claimed = claim(context, job)
    with nullcontext() if claimed is None else hold_lease(context, claimed) as lease:
        yield lease


def test_what_is_held_is_not_lost_and_what_is_let_go_is(quick: Context) -> None:
    job = waiting(quick)
    with held(quick, job) as hold:
        assert hold is not None
        end = threading.Event()
        assert not end.wait(4.5), "more than a lease passes"
        assert quick.store.jobs.requeue_lost() == []
        hold.check()
    until(lambda: quick.store.jobs.requeue_lost() == [job], "its lease ends")


def test_a_job_can_be_held_once(quick: Context) -> None:
    job = waiting(quick)
    with held(quick, job) as first, held(quick, job) as second:
        assert first is not None
        assert second is None


def test_a_cancelled_job_is_withdrawn_and_what_it_does_is_ended(quick: Context) -> None:
    job, ended = waiting(quick), threading.Event()
    with held(quick, job) as hold:
        assert hold is not None
        with hold.ending(ended.set):
            quick.store.submissions.cancel(job.id)
            assert ended.wait(PATIENCE)
        with pytest.raises(Withdrawn):
            hold.check()
        # Also where whoever works comes late.
        late = threading.Event()
        with hold.ending(late.set):
            assert late.is_set()


def test_a_stop_ends_it_after_its_grace(making: Making) -> None:
    context = making(lease_seconds=3, grace_seconds=0.3)
    ended = threading.Event()
    with held(context, waiting(context)) as hold:
        assert hold is not None
        context.stop.request()
        hold.check()
        with hold.ending(ended.set):
            assert ended.wait(PATIENCE)
        with pytest.raises(Stopping):
            hold.check()


def test_a_worker_that_stops_claims_nothing_more(quick: Context) -> None:
    job = waiting(quick)
    quick.stop.request()
    with pytest.raises(Stopping), held(quick, job):
        pass
    assert quick.store.jobs.position(job) == 0


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
    job, stop, started = waiting(context), threading.Event(), threading.Event()

    def restart() -> None:
        stop.wait(4.5)
        try:
            redis.start()
        except StoreUnavailable:
            # Or the test would wait for it for ever.
            context.stop.request()
            raise
        started.set()
        # Redis ends with the thread that started it.
        stop.wait()

    restarting = threading.Thread(target=restart)
    sweeping = threading.Thread(target=Sweeper(context.store, context.dispatcher, context.settings).loop, args=(stop,))
    sweeping.start()
    try:
        with held(context, job) as hold:
            assert hold is not None
            redis.kill()
            restarting.start()
            assert hold.retry(lambda: context.store.submissions.get(job.id)) is not None
            assert started.wait(30)
            assert not stop.wait(4), "the sweeper looks, and a lease passes"
            hold.check()
            found = context.store.submissions.get(job.id)
            assert found is not None
            assert (found.state, found.tries) == (State.RUNNING, 1)
    finally:
        stop.set()
        sweeping.join()
        if restarting.ident is not None:
            restarting.join()


def test_a_clock_that_was_set_forward_takes_no_job_from_a_worker_that_lives(
    making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is dead is missed all the same."""
    context = making(lease_seconds=0.75)
    jobs, job = context.store.jobs, waiting(context)
    sweeper = Sweeper(context.store, context.dispatcher, context.settings)
    claim = jobs.claim(job)
    assert claim is not None
    sweeper.look()
    real = context.store.time
    monkeypatch.setattr(context.store, "time", lambda: real() + 3600)
    end_lease(context.store, claim)
    sweeper.look()
    assert jobs.beat(claim)

    def is_requeued() -> bool:
        sweeper.look()
        return jobs.position(job) == 0

    until(is_requeued, "its lease ends")
