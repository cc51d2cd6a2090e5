"""The sweeper: requeues jobs with lost leases, nudges workers again, and deletes old records."""

import logging
import threading
import time
from itertools import takewhile

from backmark.grader.dispatch import Dispatcher
from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.service.heartbeat import EVERY, Heartbeat

_log = logging.getLogger(__name__)

#: Seconds between two rounds.
_LOOK = 1.0
#: The most seconds between two nudges of processes that are free while work waits.
_LONGEST_PAUSE = 60.0
#: Seconds between two rounds of retention, the most records of one deletion, while Redis answers nobody else, and the
#: most deletions of a round.
_RETENTION_EVERY, _RETENTION_LIMIT, _MOST_DELETIONS = 60.0, 50, 4
#: Seconds between two deletions of old records of courses: each looks at all of them.
_COURSES_EVERY = 3600.0
_DAY = 86_400.0
#: Seconds by which Redis's clock may differ from ours between two rounds; beyond that, it was set.
_CLOCK_SET = 1.0


class Sweeper:
    """A sweeper. Any number may run at the same time: each change is one call of the store, made once."""

    def __init__(self, store: Store, dispatcher: Dispatcher, settings: ServiceSettings) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._settings = settings
        self._heartbeat = Heartbeat(store, "sweeper", 1)
        #: When each task is due, by the monotonic clock.
        self._report_due = self._retention_due = self._courses_due = self._leases_due = 0.0
        self._away = False
        #: When processes that are free are nudged next, by the monotonic clock, and the seconds before the time after.
        self._nudges_due, self._pause = 0.0, _LOOK
        #: Redis's clock in the last round, and the monotonic clock before and after it was read.
        self._clock: tuple[float, float, float] | None = None

    def loop(self, stop: threading.Event) -> None:
        """Run rounds until asked to stop."""
        while not stop.is_set():
            try:
                self.look()
                self._note_store(away=None)
            except StoreUnavailable as error:
                self._note_store(away=error)
            stop.wait(_LOOK)
        self._heartbeat.leave()

    def look(self) -> None:
        """Run one round: everything that is due."""
        now = time.monotonic()
        if now >= self._report_due:
            self._heartbeat.report()
            self._report_due = now + EVERY
        if moved := self._clock_moved():
            # Leases may only seem to have ended: give every worker the time to renew its own.
            self._leases_due = now + self._settings.lease_seconds
            _log.warning("Redis's clock was set by %+.1f s, or this machine was suspended", moved)
        if now >= self._leases_due:
            self._dispatcher.nudge(len(self._store.jobs.requeue_lost()))
        self._nudge_again(now)
        if now >= self._retention_due:
            more = [self._expire_submissions(), self._expire_regrades()]
            self._retention_due = now + (0.0 if any(more) else _RETENTION_EVERY)
        if now >= self._courses_due:
            self._expire_courses()
            self._courses_due = now + _COURSES_EVERY

    def _nudge_again(self, now: float) -> None:
        """Nudge processes that are free while work waits, if they are so for longer than a round: messages were lost.

        Less and less often while that does not help: nobody may take messages, which would pile up.
        """
        nudges = self._store.jobs.count_unclaimed(self._store.workers.list())
        if not nudges:
            self._pause = _LOOK
            # What waits in the next round may have come a moment ago.
            self._nudges_due = now + 1.5 * _LOOK
        elif now >= self._nudges_due:
            self._dispatcher.nudge(nudges)
            self._store.counters.add("sent_again", nudges)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._nudges_due = now + self._pause

    def _clock_moved(self) -> float:
        """Return the seconds by which Redis's clock was set since the last round, or 0."""
        before = time.monotonic()
        clock = self._store.time()
        after = time.monotonic()
        last, self._clock = self._clock, (clock, before, after)
        if last is None:
            return 0.0
        passed = clock - last[0]
        if passed > after - last[1] + _CLOCK_SET:
            return passed - (after - last[1])
        if passed < before - last[2] - _CLOCK_SET:
            return passed - (before - last[2])
        return 0.0

    def _expire_submissions(self) -> bool:
        """Delete submissions that are too old; return True if there may be more."""
        days = self._settings.retention_days
        if not days:
            return False
        before = time.time() - days * _DAY
        expire = self._store.submissions.expire
        deleted = sum(takewhile(bool, (expire(before, _RETENTION_LIMIT) for _ in range(_MOST_DELETIONS))))
        if deleted:
            _log.info("%d submissions older than %d days are deleted", deleted, days)
        return deleted == _MOST_DELETIONS * _RETENTION_LIMIT

    def _expire_courses(self) -> None:
        """Delete what staff recorded of students long ago, and the log of it."""
        days = self._settings.retention_days
        deleted = self._store.courses.expire(time.time() - days * _DAY) if days else 0
        if deleted:
            _log.info("%d records of courses older than %d days are deleted", deleted, days)

    def _expire_regrades(self) -> bool:
        """Delete regrades without activity; return True if there may be more."""
        days = self._settings.regrade_days
        deleted, more = self._store.regrades.expire(time.time() - days * _DAY) if days else (0, False)
        if deleted:
            _log.info("%d regrades without activity for %d days are deleted", deleted, days)
        return more

    def _note_store(self, away: StoreUnavailable | None) -> None:
        if away is not None:
            # While the store did not answer no worker could renew its lease: give each the time to do so.
            self._leases_due = time.monotonic() + self._settings.lease_seconds
            if not self._away:
                _log.error("the sweeper waits: %s", away)
        elif self._away:
            _log.warning("the store answers again")
        self._away = away is not None
