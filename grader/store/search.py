"""Search for submissions: a script walks the shortest index that applies, and compares the other fields in Redis."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from grader.model.records import State, SubmissionRecord
from grader.store import keys
from grader.store.connection import Connection, text
from grader.store.paging import RecordPage, cursor, start
from grader.store.scripts import Scripts

#: The most submissions that one script looks at, some three milliseconds for which other commands wait; and the most
#: that are looked at for one page, after which the page is short or empty.
_CHUNK, _MOST = 1_000, 50_000


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

    def indexes(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the indexes that contain all matches, each with the fields by which it was chosen."""
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
        return [(keys.key("index", self.course, *parts), fields) for parts, fields in indexes]

    def fields(self) -> dict[str, str]:
        """Return the fields of a submission's hash that must have a value."""
        wanted = {
            "assignment": self.assignment,
            "student": self.student,
            "outcome": self.outcome,
            "state": None if self.state is None else self.state.value,
            "mistakes": self.mistake,
        }
        return {name: value for name, value in wanted.items() if value is not None}


@dataclass(frozen=True, slots=True)
class SubmissionSearch:
    """Searches a store; `read` returns the submissions with these ids that still exist."""

    redis: Connection
    scripts: Scripts
    read: Callable[[list[str]], list[SubmissionRecord]]

    def page(self, criteria: Filter, limit: int, after: str | None) -> RecordPage[SubmissionRecord]:
        """Return a page of matches, newest first; its cursor continues if more may match, even if the page is short."""
        index, chosen_by = self._shortest(criteria.indexes())
        others = [field for field in criteria.fields().items() if field[0] not in chosen_by]
        end, examined, last = start(after), 0, ""
        times: dict[str, str] = {}
        while examined < _MOST:
            wanted = limit + 1 - len(times)
            size = _CHUNK if others else wanted
            last, *matches = map(text, self.scripts.run("search", index, end, size, wanted, *chain(*others)))
            times |= zip(matches[::2], matches[1::2], strict=True)
            if not last or len(times) > limit:
                break
            examined, end = examined + size, f"({last}"
        names = list(times)[:limit]
        if len(times) > limit:
            last = times[names[-1]]
        return RecordPage(tuple(self.read(names)), cursor(float(last)) if last else None)

    def _shortest(self, indexes: list[tuple[str, tuple[str, ...]]]) -> tuple[str, tuple[str, ...]]:
        if len(indexes) == 1:
            return indexes[0]
        return min(indexes, key=lambda index: int(self.redis.zcard(index[0])))
