"""Concludes whatever waits, through the store as a worker would, with a verdict made by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread
from typing import Any, Literal

from backmark.grader.model.records import Claim, Job, Kind, State
from backmark.grader.model.regrades import Phase
from backmark.grader.model.result import read_verdict
from backmark.grader.store.connection import text
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from tests.store.regrading import unit_graded
from tests.web.verdicts import failing_verdict, passing_verdict


def conclude(store: Store, submission: str, verdict: dict[str, Any] | None = None) -> None:
    """Take up a submission that waits, and give it a verdict."""
    claim = store.jobs.claim(Job(Kind.SUBMISSION, submission))
    assert claim is not None
    assert store.submissions.finish(claim, read_verdict(verdict or passing_verdict()))


def conclude_next(store: Store, seconds: float) -> None:
    """Grade the submission whose turn it is, which takes so many seconds."""
    claim = store.jobs.claim_next()
    assert claim is not None
    assert store.submissions.finish(claim, read_verdict(passing_verdict()), seconds=seconds)


def fail_submission(store: Store, submission: str) -> str:
    """Let a submission that waits end as service_failed; its id."""
    state = State.QUEUED
    while state is State.QUEUED:
        claim = store.jobs.claim(Job(Kind.SUBMISSION, submission))
        assert claim is not None
        state = store.jobs.record_failure(claim, "the networks are damaged")
    return submission


@contextmanager
def conclude_all(store: Store) -> Iterator[None]:
    """Conclude all that comes, until the end of the block."""
    stop = Event()
    worker = Thread(target=_loop, args=(store, stop))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def _loop(store: Store, stop: Event) -> None:
    turns = count()
    roles: tuple[Literal["worker", "sweeper"], ...] = ("worker", "sweeper")
    while not stop.wait(0.05):
        for role in roles:
            store.workers.report(Worker(role, "here", 1, jail=True, reason=None, version="0", role=role))
        for queue in ("interactive", "staff", "regrade"):
            members: Any = store.redis.zrange(f"bm:waiting:{queue}", 0, -1)
            for member in members:
                kind, _, name = text(member).partition(":")
                claim = store.jobs.claim(Job(Kind(kind), name))
                if claim is not None:
                    _conclude(store, claim, next(turns))


def step(store: Store, claim: Claim) -> None:
    """All of a regrade's step, whichever it is."""
    regrade = store.regrades.get(claim.job.id)
    steps = store.regrade_steps
    while regrade is not None:
        match regrade.phase:
            case Phase.PREPARING:
                is_done = steps.choose(claim)
            case Phase.APPLYING:
                is_done = steps.apply(claim)
            case Phase.ROLLING_BACK:
                is_done = steps.roll_back(claim)
            case _:
                # It was cancelled since it was claimed.
                return
        if is_done is None or not is_done.more:
            return


def _conclude(store: Store, claim: Claim, turn: int) -> None:
    if claim.job.kind is Kind.SUBMISSION:
        store.submissions.finish(claim, read_verdict(failing_verdict() if turn % 2 else passing_verdict()))
    elif claim.job.kind is Kind.UNIT:
        unit_graded(store, claim, read_verdict(failing_verdict() if turn % 2 else passing_verdict()))
    elif claim.job.kind is Kind.REGRADE:
        step(store, claim)
    else:
        store.jobs.conclude(claim, State.DONE, refused='{"says": "a known mistake passes"}')
