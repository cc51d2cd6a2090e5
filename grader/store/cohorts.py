"""Figures of a class on an assignment, worked out from the verdicts that hold when somebody asks."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backmark.grader.courses.equal_code import CodeAttempt
from backmark.grader.model.equal_code import EqualSubmission
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Kind, State, is_attempt
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.launches import Launches

#: Seconds in one interval of the histogram over time.
HOUR = 3600
#: Seconds for which figures are shown again without being worked out anew, if they are of more attempts than this.
_RECENT, _FEW = 30.0, 500
#: Submissions that are read at once, and the fields of each.
_CHUNK = 500
_FIELDS = ("student", "created", "state", "outcome", "mistakes")
_CODE_FIELDS = ("student", "created", "state", "outcome", "source", "fingerprint")


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
class Cohort:
    """The figures of a class on one assignment. They count attempts (`is_attempt`), and refused files apart."""

    #: The number of attempts by their current outcome.
    outcomes: dict[str, int]
    #: Oldest first; hours without attempts are left out.
    hours: tuple[Hour, ...]
    #: The most common mistake first.
    mistakes: tuple[CohortMistake, ...]
    #: The number of students with an attempt, of those with a verdict, and of those with one that passed.
    handed_in: int = 0
    students: int = 0
    passed: int = 0
    #: The number of files that were refused before they ran.
    refused: int = 0

    @property
    def attempts(self) -> int:
        """The number of attempts, with a verdict or without one yet."""
        return sum(hour.attempts for hour in self.hours)

    @property
    def graded(self) -> int:
        """The number of attempts with a verdict."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class CohortSubmission:
    """A submission as far as the figures of its class need it; `outcome` is None if no verdict holds."""

    id: str
    student: str
    #: Milliseconds since 1970.
    created: float
    state: State = State.DONE
    outcome: str | None = None
    #: The ids of the mistakes that explain the verdict.
    mistakes: tuple[str, ...] = ()


def figure(submissions: Iterable[CohortSubmission], titles: Mapping[str, str]) -> Cohort:
    """Return the figures of these submissions; a mistake without a title is called by its id."""
    outcomes: Counter[str] = Counter()
    tried: Counter[int] = Counter()
    passed: Counter[int] = Counter()
    explained: Counter[str] = Counter()
    students: dict[str, set[str]] = defaultdict(set)
    handed_in: set[str] = set()
    graded: set[str] = set()
    passing: set[str] = set()
    refused = 0
    for attempt in submissions:
        refused += attempt.outcome == Outcome.REJECTED
        if not is_attempt(attempt.state, attempt.outcome):
            continue
        hour = int(attempt.created // (1000 * HOUR))
        tried[hour] += 1
        handed_in.add(attempt.student)
        if attempt.outcome is None:
            continue
        outcomes[attempt.outcome] += 1
        graded.add(attempt.student)
        if attempt.outcome == Outcome.PASSED:
            passed[hour] += 1
            passing.add(attempt.student)
        for mistake in attempt.mistakes:
            explained[mistake] += 1
            students[mistake].add(attempt.student)
    mistakes = [
        CohortMistake(mistake, titles.get(mistake, mistake), count, len(students[mistake]))
        for mistake, count in explained.items()
    ]
    return Cohort(
        dict(sorted(outcomes.items())),
        tuple(Hour(float(HOUR * hour), count, passed[hour]) for hour, count in sorted(tried.items())),
        tuple(sorted(mistakes, key=lambda mistake: (-mistake.students, -mistake.submissions, mistake.id))),
        len(handed_in),
        len(graded),
        len(passing),
        refused,
    )


class Cohorts:
    """Cohorts by course and assignment; a class without submissions has empty figures."""

    def __init__(self, redis: Connection, launches: Launches) -> None:
        self._redis = redis
        self._launches = launches
        #: The figures that were worked out last, and until when they are shown, by the monotonic clock.
        self._recent: dict[tuple[str, str], tuple[float, Cohort]] = {}

    def recent(self, course: str, assignment: str) -> Cohort:
        """Return the figures as they were at most 30 s ago, so that pages may ask at any time; the current of a few."""
        now = time.monotonic()
        until, cohort = self._recent.get((course, assignment), (0.0, None))
        if cohort is None or until < now:
            cohort = self.read(course, assignment)
            self._recent = {name: entry for name, entry in list(self._recent.items()) if entry[0] >= now}
            if cohort.attempts > _FEW:
                self._recent[course, assignment] = (now + _RECENT, cohort)
        return cohort

    def read(self, course: str, assignment: str) -> Cohort:
        """Return the current figures."""
        submissions = list(self._submissions(course, assignment))
        ids = sorted({mistake for submission in submissions for mistake in submission.mistakes})
        titles: Any = self._redis.hmget(keys.key("mistake-titles", course, assignment), ids) if ids else []
        named = {name: text(title) for name, title in zip(ids, titles, strict=True) if title is not None}
        return figure(submissions, named)

    def code_attempts(self, course: str, assignment: str) -> Iterator[CodeAttempt]:
        """Yield the attempts at an assignment with what their code is compared by."""
        for name, (student, created, state, outcome, source, fingerprint) in self._rows(
            course, assignment, _CODE_FIELDS
        ):
            if is_attempt(State(state), outcome or None):
                known = Outcome(outcome) if outcome else None
                submission = EqualSubmission(name, float(created) / 1000, known)
                yield CodeAttempt(student, submission, source, fingerprint)

    def _submissions(self, course: str, assignment: str) -> Iterator[CohortSubmission]:
        for name, (student, created, state, outcome, mistakes) in self._rows(course, assignment, _FIELDS):
            yield CohortSubmission(
                name, student, float(created), State(state), outcome or None, tuple(mistakes.split())
            )

    def _rows(self, course: str, assignment: str, fields: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """Yield the id and the fields, the student first, of each submission but those of staff; empty if lacking."""
        others = self._launches.no_students(course)
        names: Any = self._redis.zrange(keys.key("index", course, "assignment", assignment), 0, -1)
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            pipeline = self._redis.pipeline(transaction=False)
            for name in chunk:
                pipeline.hmget(keys.key(Kind.SUBMISSION, text(name)), *fields)
            for name, raw in zip(chunk, pipeline.execute(), strict=True):
                row = [text(value) if value else "" for value in raw]
                # The name is empty if it was deleted since its id was read.
                if row[0] and row[0] not in others:
                    yield text(name), row
