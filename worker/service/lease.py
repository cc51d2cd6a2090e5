"""A worker's lease of a job: claimed, renewed by a thread, and released; the job may be withdrawn at any time."""

import logging
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from backmark.grader.errors import BackmarkError, StoreUnavailable
from backmark.grader.model.records import Claim
from backmark.grader.store.functions import FollowingCall
from backmark.worker.service.context import Context
from backmark.worker.service.stop import Stop

_log = logging.getLogger(__name__)

Value = TypeVar("Value")

#: Seconds between retries while the store does not answer: short, because the first after an outage gets the job.
_PAUSE = 0.25


class Withdrawn(BackmarkError):
    """The job was cancelled or deleted, or another worker has it: nothing of it may be written any more."""


class Stopping(BackmarkError):
    """This worker is stopping and its grace period is over: the job must be handed back."""


class Lease:
    """A claim that a thread renews until the job is withdrawn or the worker must stop.

    Whoever concludes the job before `until`, by the monotonic clock, claims another with that; steps of regrades come
    last until `rest`.
    """

    def __init__(self, context: Context, claim: Claim, until: float = 0.0, rest: float = 0.0) -> None:
        self.claim = claim
        #: The claim that was made with the conclusion.
        self.next_claim: Claim | None = None
        #: True if nothing was left to claim with the conclusion.
        self.is_last = False
        self._until = until
        self._rest = rest
        self._jobs = context.store.jobs
        self._stop = context.stop
        self._every = context.settings.lease_seconds / 3
        self._grace = context.settings.grace_seconds
        self._over: BackmarkError | None = None
        self._end: Callable[[], None] | None = None
        self._released, self._done = os.pipe()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{claim.job.id}", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise Withdrawn or Stopping if the lease has ended."""
        if self._over is not None:
            raise self._over

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` from the thread if the lease ends within this block; it must be quick, and may be called twice."""
        self._end = end
        if self._over is not None:
            end()
        try:
            yield
        finally:
            self._end = None

    def retry(self, call: Callable[[], Value]) -> Value:
        """Call the store until it answers, and return the answer; only for calls that are safe to repeat.

        Without the store a worker can do nothing else, and only the store knows if the claim is still valid.
        """
        waiting = False
        while True:
            self.check()
            try:
                return call()
            except StoreUnavailable as error:
                if not waiting:
                    _log.warning("%s %s waits for the store: %s", self.claim.job.kind, self.claim.job.id, error)
                waiting = True
                time.sleep(_PAUSE)

    def conclude(self, call: Callable[[FollowingCall | None], Value], *, steps_last: bool = False) -> Value:
        """Call the store as `retry` does, with the claim of another job in the same round trip if one may be made.

        If the answer is lost, so is that claim: its lease ends, and another worker is given the job.
        """
        now = time.monotonic()
        if now >= self._until or self._stop.requested:
            return self.retry(lambda: call(None))
        following = self._jobs.following_claim(steps_last=steps_last or now < self._rest)
        try:
            return self.retry(lambda: call(following))
        finally:
            self.next_claim = self._jobs.read_following(following)
            self.is_last = following.is_answered and self.next_claim is None

    def release(self) -> None:
        """Stop renewing the lease."""
        os.close(self._done)
        self._thread.join()
        os.close(self._released)

    def _beat(self) -> None:
        last_moment = float("inf")
        due = time.monotonic() + self._every
        while self._over is None:
            watched: list[int | Stop] = [self._released]
            if last_moment == float("inf"):
                watched.append(self._stop)
            now = time.monotonic()
            ready = select.select(watched, [], [], max(0.0, min(due, last_moment) - now))[0]
            now = time.monotonic()
            if self._released in ready:
                return
            if self._stop in ready:
                last_moment = now + self._grace
            if now >= last_moment:
                self._finish(Stopping("the worker stops"))
            elif now >= due:
                due = now + self._renew()

    def _renew(self) -> float:
        """Renew the lease, and return the seconds until the next renewal."""
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
def hold_lease(context: Context, claim: Claim, until: float = 0.0, rest: float = 0.0) -> Iterator[Lease]:
    """Keep the lease of a claimed job in this block; `until` and `rest` as for `Lease`."""
    lease = Lease(context, claim, until, rest)
    try:
        yield lease
    finally:
        lease.release()


def claim_next(context: Context) -> Claim | None:
    """Claim the next job, or return None if there is nothing to do. Raises Stopping."""
    while not context.stop.requested:
        try:
            return context.store.jobs.claim_next()
        except StoreUnavailable:
            context.stop.wait(_PAUSE)
    raise Stopping("the worker stops")
