"""A worker's hold on a job: taken, kept alive from a thread, and let go; what is held may be withdrawn at any time."""

import logging
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from grader.errors import BackmarkError, StoreUnavailable
from grader.model.records import Claim, Job, Kind
from worker.service.context import Context
from worker.service.stop import Stop

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

#: Seconds until a store that is away is asked again: soon, since whoever comes first after it decides.
_PAUSE = 0.25


class Withdrawn(BackmarkError):
    """The job was cancelled or deleted, or is another worker's by now: nothing of it may be written any more."""


class Stopping(BackmarkError):
    """This worker stops, and its grace is over: the job is to be handed back."""


class Hold:
    """A claim that a thread renews, until the job is withdrawn, or the worker has to stop."""

    def __init__(self, context: Context, claim: Claim) -> None:
        self.claim = claim
        self._jobs = context.store.jobs
        self._stop = context.stop
        self._every = context.settings.lease_seconds / 3
        self._grace = context.settings.grace_seconds
        self._over: BackmarkError | None = None
        self._end: Callable[[], None] | None = None
        self._let_go, self._done = os.pipe()
        self._thread = threading.Thread(target=self._beat, name=f"hold-{claim.job.id}", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise Withdrawn or Stopping where it is over."""
        if self._over is not None:
            raise self._over

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Within this, `end` is called, from the thread, when it is over: it must be quick, and may be called twice."""
        self._end = end
        if self._over is not None:
            end()
        try:
            yield
        finally:
            self._end = None

    def asked(self, question: Callable[[], Answer]) -> Answer:
        """The store's answer, however long it is away; asked again only where that is safe.

        Without a store there is nothing else that a worker could do, and the store alone knows whether the claim holds.
        """
        waiting = False
        while True:
            self.check()
            try:
                return question()
            except StoreUnavailable as error:
                if not waiting:
                    _log.warning("%s %s waits for the store: %s", self.claim.job.kind, self.claim.job.id, error)
                waiting = True
                time.sleep(_PAUSE)

    def let_go(self) -> None:
        """Renew it no more."""
        os.close(self._done)
        self._thread.join()
        os.close(self._let_go)

    def _beat(self) -> None:
        last_moment = float("inf")
        due = time.monotonic() + self._every
        while self._over is None:
            watched: list[int | Stop] = [self._let_go]
            if last_moment == float("inf"):
                watched.append(self._stop)
            now = time.monotonic()
            ready = select.select(watched, [], [], max(0.0, min(due, last_moment) - now))[0]
            now = time.monotonic()
            if self._let_go in ready:
                return
            if self._stop in ready:
                last_moment = now + self._grace
            if now >= last_moment:
                self._finish(Stopping("the worker stops"))
            elif now >= due:
                due = now + self._renewed()

    def _renewed(self) -> float:
        """Renew the lease; seconds until the next time."""
        try:
            if not self._jobs.beat(self.claim):
                self._finish(Withdrawn(f"{self.claim.job.kind} {self.claim.job.id} is no longer ours"))
        except StoreUnavailable:
            return _PAUSE
        return self._every

    def _finish(self, why: BackmarkError) -> None:
        self._over = why
        end = self._end
        if end is not None:
            end()


@contextmanager
def held(context: Context, job: Job) -> Iterator[Hold | None]:
    """The job, claimed and kept; None where there is nothing to do. Stopping where nobody could say in time."""
    claim = _claimed(context, job)
    if claim is None:
        yield None
        return
    hold = Hold(context, claim)
    try:
        yield hold
    finally:
        hold.let_go()


def _claimed(context: Context, job: Job) -> Claim | None:
    while not context.stop.requested:
        try:
            jobs = context.store.jobs
            # A message only says that something waits: whose turn it is, the store knows.
            return jobs.claim_next() if job.kind is Kind.SUBMISSION else jobs.claim(job)
        except StoreUnavailable:
            context.stop.wait(_PAUSE)
    raise Stopping("the worker stops")
