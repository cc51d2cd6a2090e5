"""How a class stands with an assignment: figures that the scripts keep, whatever number of verdicts they are of."""

from dataclasses import dataclass
from typing import Any

from grader.store import keys
from grader.store.connection import Connection, text, texts

#: Seconds of the pieces that time is counted in.
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Made:
    """A mistake that explains submissions of the class."""

    id: str
    title: str
    #: That hold a verdict which it explains, and by how many students these are.
    submissions: int
    students: int


@dataclass(frozen=True, slots=True)
class Hour:
    """What was handed in within an hour."""

    #: Seconds since 1970.
    start: float
    attempts: int
    #: Of these, how many hold a verdict that says passed.
    passed: int


@dataclass(frozen=True, slots=True)
class Marks:
    """How many students have so many marks, by their best attempt."""

    score: int
    max_score: int
    students: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """A class with one assignment. Only what is graded is in it, but for the attempts of `hours`."""

    #: Submissions by the outcome that holds.
    outcomes: dict[str, int]
    #: Least share of the marks first.
    marks: tuple[Marks, ...]
    #: Oldest first; hours without an attempt are left out.
    hours: tuple[Hour, ...]
    #: What most students make first.
    mistakes: tuple[Made, ...]

    @property
    def students(self) -> int:
        """With at least one verdict."""
        return sum(each.students for each in self.marks)

    @property
    def attempts(self) -> int:
        """All that is kept, whatever became of it."""
        return sum(each.attempts for each in self.hours)

    @property
    def graded(self) -> int:
        """Submissions with a verdict."""
        return sum(self.outcomes.values())


class Cohorts:
    """By course and assignment; a class that handed in nothing has empty figures."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def read(self, course: str, assignment: str) -> Cohort:
        """The figures as they are now."""
        raw = texts(self._redis.hgetall(keys.key("cohort", course, assignment)))
        figures = {name: int(value) for name, value in raw.items()}
        return Cohort(_under(figures, "outcome:"), _marks(figures), _hours(figures), self._mistakes(course, assignment))

    def _mistakes(self, course: str, assignment: str) -> tuple[Made, ...]:
        members: Any = self._redis.smembers(keys.key("mistakes", course, assignment))
        ids = sorted(text(each) for each in members)
        if not ids:
            return ()
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hmget("bm:mistake-titles", ids)
        for each in ids:
            pipeline.zcard(keys.key("index", course, "mistake", assignment, each))
            pipeline.hlen(keys.key("made", course, assignment, each))
        titles, *numbers = pipeline.execute()
        made = [
            Made(each, each if title is None else text(title), submissions, students)
            for each, title, submissions, students in zip(ids, titles, numbers[::2], numbers[1::2], strict=True)
            # Gone since its name was read.
            if submissions
        ]
        return tuple(sorted(made, key=lambda each: (-each.students, -each.submissions, each.id)))


def _marks(figures: dict[str, int]) -> tuple[Marks, ...]:
    found = [(*map(int, marks.split("/")), students) for marks, students in _under(figures, "best:").items()]
    return tuple(
        sorted((Marks(*each) for each in found), key=lambda each: (each.score / max(1, each.max_score), each.score))
    )


def _hours(figures: dict[str, int]) -> tuple[Hour, ...]:
    passed = _under(figures, "passed:")
    attempts = sorted((int(hour), count) for hour, count in _under(figures, "hour:").items())
    return tuple(Hour(float(HOUR * hour), count, passed.get(str(hour), 0)) for hour, count in attempts)


def _under(figures: dict[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in sorted(figures.items()) if name.startswith(prefix)}
