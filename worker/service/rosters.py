"""Reads the rosters of platforms: daily, and when staff ask for it."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from backmark.grader.errors import StoreUnavailable
from backmark.grader.lti.roster import RosterServices, RosterUnavailable, update_roster
from backmark.grader.store.store import Store
from backmark.worker.service.rounds import run_rounds

_log = logging.getLogger(__name__)

#: Seconds after which a reading that was not concluded is repeated: time for a large course on a slow platform.
LEASE = 900.0
#: Seconds between two looks, and before a roster that could not be read is tried again.
_LOOK, _PAUSE = 2.0, 3600.0
#: The author in the log of a course.
AUTHOR = "LMS"


class RosterReader:
    """The rosters that are due."""

    def __init__(self, store: Store, services: RosterServices, *, assisting_learners: bool = False) -> None:
        self._store = store
        self._services = services
        self._assisting_learners = assisting_learners

    def loop(self, stop: Event) -> None:
        """Read rosters until `stop` is set; then finish those in progress."""
        run_rounds("rosters", self.start_due, stop, idle=_LOOK)

    def start_due(self, pool: ThreadPoolExecutor, places: int) -> set[Future[None]]:
        """Start as many of the readings that are due as there are free places."""
        courses = self._store.rosters.claim(places, LEASE) if places > 0 else []
        return {pool.submit(self._read, course) for course in courses}

    def _read(self, course: str) -> None:
        """The edge of a task: no error may affect the others."""
        try:
            change = update_roster(
                self._store, self._services, course, AUTHOR, assisting_learners=self._assisting_learners
            )
        except RosterUnavailable as error:
            title = self._store.course_records.titles([self._store.course_records.settings(course)])[course]
            _log.warning("the roster of %s was not read: %s", title, error, extra={"course": course})
            self._store.rosters.conclude(course, str(error), _PAUSE)
        except StoreUnavailable:
            # It is read again when its lease ends.
            raise
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("the roster of %s failed with an internal error", course)
            self._store.rosters.conclude(course, "internal error in Backmark; see its log", _PAUSE)
        else:
            self._store.rosters.conclude(course)
            _log.info("roster read: %d came, %d left", change.added, change.left, extra={"course": course})
