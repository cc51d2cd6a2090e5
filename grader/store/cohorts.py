"""Figures of a class on an assignment, which the scripts keep up to date with each verdict."""

from dataclasses import dataclass
from typing import Any

from grader.store import keys
from grader.store.connection import Connection, text, texts

#: Seconds in one interval of the histogram over time.
HOUR = 3600


@dataclass(frozen=True, slots=True)
class CohortMistake:
    """A mistake that explains submissions of a class."""

    id: str
    title: str
    #: The number of submissions whose verdict it explains, and the number of their students.
    submissions: int
    students: int


@dataclass(frozen=True, slots=True)
class Hour:
    """The attempts within one hour."""

    #: Seconds since 1970.
    start: float
    attempts: int
    #: The number of these attempts that passed.
    passed: int


@dataclass(frozen=True, slots=True)
class Marks:
    """The number of students with a mark, by their best attempt."""

    score: int
    max_score: int
    students: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """The figures of a class on one assignment. They count graded submissions; `hours` counts all attempts."""

    #: The number of submissions by their current outcome.
    outcomes: dict[str, int]
    #: Ordered by the share of the marks, lowest first.
    marks: tuple[Marks, ...]
    #: Oldest first; hours without attempts are left out.
    hours: tuple[Hour, ...]
    #: The most common mistake first.
    mistakes: tuple[CohortMistake, ...]

    @property
    def students(self) -> int:
        """The number of students with at least one verdict."""
        return sum(marks.students for marks in self.marks)

    @property
    def attempts(self) -> int:
        """The number of attempts, whatever their state."""
        return sum(hour.attempts for hour in self.hours)

    @property
    def graded(self) -> int:
        """The number of submissions with a verdict."""
        return sum(self.outcomes.values())


class Cohorts:
    """Cohorts by course and assignment; a class without submissions has empty figures."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def read(self, course: str, assignment: str) -> Cohort:
        """Return the current figures."""
        raw = texts(self._redis.hgetall(keys.key("cohort", course, assignment)))
        figures = {name: int(value) for name, value in raw.items()}
        return Cohort(_under(figures, "outcome:"), _marks(figures), _hours(figures), self._mistakes(course, assignment))

    def _mistakes(self, course: str, assignment: str) -> tuple[CohortMistake, ...]:
        members: Any = self._redis.smembers(keys.key("mistakes", course, assignment))
        ids = sorted(text(member) for member in members)
        if not ids:
            return ()
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hmget("bm:mistake-titles", ids)
        for mistake in ids:
            pipeline.zcard(keys.key("index", course, "mistake", assignment, mistake))
            pipeline.hlen(keys.key("made", course, assignment, mistake))
        titles, *numbers = pipeline.execute()
        mistakes = [
            CohortMistake(mistake, mistake if title is None else text(title), submissions, students)
            for mistake, title, submissions, students in zip(ids, titles, numbers[::2], numbers[1::2], strict=True)
            # Deleted since its id was read.
            if submissions
        ]
        return tuple(sorted(mistakes, key=lambda mistake: (-mistake.students, -mistake.submissions, mistake.id)))


def _marks(figures: dict[str, int]) -> tuple[Marks, ...]:
    counted = [(*map(int, marks.split("/")), students) for marks, students in _under(figures, "best:").items()]
    return tuple(
        sorted((Marks(*row) for row in counted), key=lambda marks: (marks.score / max(1, marks.max_score), marks.score))
    )


def _hours(figures: dict[str, int]) -> tuple[Hour, ...]:
    passed = _under(figures, "passed:")
    attempts = sorted((int(hour), count) for hour, count in _under(figures, "hour:").items())
    return tuple(Hour(float(HOUR * hour), count, passed.get(str(hour), 0)) for hour, count in attempts)


def _under(figures: dict[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in sorted(figures.items()) if name.startswith(prefix)}
