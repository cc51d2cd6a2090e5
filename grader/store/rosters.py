"""Rosters of platforms: when each course's is read next, and how that went last."""

from backmark.grader.model.scores import RosterReading
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.scripts import Scripts

#: Milliseconds between two readings of a roster: the longest pause there is.
_DAILY = 86_400_000


class Rosters:
    """The rosters of all platforms. `ahead` moves the clock that many seconds ahead of Redis's, for tests."""

    def __init__(self, redis: Connection, scripts: Scripts, ahead: float = 0.0) -> None:
        self._redis = redis
        self._scripts = scripts
        self.ahead = ahead

    def claim(self, limit: int, lease: float) -> list[str]:
        """Return the courses whose rosters are due; each is due again in `lease` seconds unless it is concluded."""
        courses = self._scripts.run("roster_claim", self._ahead, limit, round(lease * 1000), _DAILY)
        return [text(course) for course in courses]

    def conclude(self, course: str, problem: str = "", pause: float | None = None) -> None:
        """Record how a reading went. The next is in `pause` seconds, by default tomorrow."""
        wait = _DAILY if pause is None else min(_DAILY, round(pause * 1000))
        self._scripts.run("roster_conclude", self._ahead, course, wait, "0" if problem else "1", problem)

    def request(self, course: str, author: str = "") -> bool:
        """Have a roster read now; return False if the course's platform offers none."""
        return bool(self._scripts.run("roster_request", course, author))

    def reading(self, course: str) -> RosterReading | None:
        """Return how the last reading went, or None if the course's platform offers no roster."""
        if self._redis.zscore("bm:lti-rosters", course) is None:
            return None
        raw = texts(self._redis.hgetall(keys.key("lti-roster", course)))
        return RosterReading(seconds(raw.get("read")), seconds(raw.get("tried")), raw.get("problem", ""))

    @property
    def _ahead(self) -> int:
        return round(self.ahead * 1000)
