"""Search for submissions: a function walks the shortest index that applies, and compares the other fields in Redis."""

from collections.abc import Callable
from dataclasses import dataclass

from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.functions import Argument, Functions
from backmark.grader.store.paging import RecordPage, cursor, start

#: The most submissions that one call looks at, some three milliseconds for which other commands wait.
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class StudentPart:
    """Students of whom a part is known: one that their name in submissions has, in any case, and others by name."""

    part: str
    students: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a course's submissions; a field that is None matches anything."""

    course: str
    assignment: str | None = None
    student: str | None = None
    outcome: str | None = None
    state: State | None = None
    #: The id of a mistake that explains the verdict; needs `assignment`.
    mistake: str | None = None
    who: StudentPart | None = None
    #: Assignments whose submissions do not match.
    without: tuple[str, ...] = ()

    @property
    def indexes(self) -> list[tuple[str, tuple[str, ...]]]:
        """The indexes that contain all matches, each with the fields that need not be compared."""
        indexes: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        if self.assignment is not None and self.student is not None:
            indexes.append((("both", self.assignment, self.student), ("assignment", "student")))
        elif self.assignment is not None:
            indexes.append((("assignment", self.assignment), ("assignment",)))
        elif self.student is not None:
            indexes.append((("student", self.student), ("student",)))
        else:
            indexes.append((("all",), ()))
        if self.outcome is not None:
            indexes.append((("outcome", self.outcome), ("outcome",)))
        if self.mistake is not None and self.assignment is not None:
            indexes.append((("mistake", self.assignment, self.mistake), ("assignment", "mistakes")))
        within = () if self.assignment is None else (self.assignment,)
        trusted = () if self.assignment is None else ("assignment",)
        if self.state is not None:
            indexes.append((("state", self.state.value, *within), ("state", *trusted)))
        if self.outcome is not None and within:
            indexes.append((("outcome", self.outcome, *within), ("outcome", *trusted)))
        return [(keys.key("index", self.course, *parts), fields) for parts, fields in indexes]

    def arguments(self, known: tuple[str, ...]) -> dict[str, Argument]:
        """Return what `search` compares, without the fields of a submission that are `known` to match."""
        fields = {"assignment": self.assignment, "student": self.student, "outcome": self.outcome, "state": self.state}
        return {
            "fields": {name: value for name, value in fields.items() if value is not None and name not in known},
            "mistake": None if "mistakes" in known else self.mistake,
            "who": None if self.who is None else {"part": self.who.part.lower(), "students": self.who.students},
            "without": self.without or None,
        }


@dataclass(frozen=True, slots=True)
class SubmissionSearch:
    """Searches a store; `read` returns the submissions with these ids that still exist."""

    redis: Connection
    functions: Functions
    read: Callable[[list[str]], list[SubmissionRecord]]

    def page(self, criteria: Filter, limit: int, after: str | None) -> RecordPage[SubmissionRecord]:
        """Return a page of matches, newest first; only a full page has a cursor, which continues if more may match."""
        times = self._find(criteria, limit + 1, start(after))
        names = list(times)[:limit]
        more = cursor(float(times[names[-1]])) if len(times) > limit else None
        return RecordPage(tuple(self.read(names)), more)

    def names(self, criteria: Filter, most: int) -> list[str]:
        """Return the ids of the newest matches, at most so many."""
        return list(self._find(criteria, most, start(None)))

    def _find(self, criteria: Filter, most: int, end: str) -> dict[str, str]:
        """Return the ids of the newest matches until `end`, each with its time."""
        index, known = self._shortest(criteria.indexes)
        others = criteria.arguments(known)
        times: dict[str, str] = {}
        last = "more"
        while last and len(times) < most:
            wanted = most - len(times)
            size = _CHUNK if any(others.values()) else min(wanted, _CHUNK)
            answer = self.functions.call("search", index=index, **{"from": end}, most=size, limit=wanted, **others)
            last, *matches = map(text, answer)
            times |= zip(matches[::2], matches[1::2], strict=True)
            end = f"({last}"
        return times

    def _shortest(self, indexes: list[tuple[str, tuple[str, ...]]]) -> tuple[str, tuple[str, ...]]:
        if len(indexes) == 1:
            return indexes[0]
        return min(indexes, key=lambda index: int(self.redis.zcard(index[0])))
