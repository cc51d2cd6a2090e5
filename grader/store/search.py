"""Search for submissions: reads the shortest index that applies, and compares the other fields one by one."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from grader.model.records import State, SubmissionRecord
from grader.store import keys
from grader.store.connection import Connection, text
from grader.store.paging import RecordPage, cursor, start

#: Submissions read at once, and the most examined for one page, after which the page is short or empty.
_CHUNK, _MOST = 200, 5000


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

    def __contains__(self, submission: SubmissionRecord) -> bool:
        return (
            submission.course == self.course
            and self.assignment in {None, submission.assignment}
            and self.student in {None, submission.student}
            and self.outcome in {None, submission.outcome}
            and self.state in {None, submission.state}
            and (self.mistake is None or self.mistake in submission.mistakes)
        )

    def indexes(self) -> list[tuple[str, bool]]:
        """Return the indexes that contain all matches, each with True if it contains nothing else."""
        asked = {field.name for field in fields(self) if getattr(self, field.name) is not None} - {"course"}
        indexes: list[tuple[set[str], tuple[str, ...]]] = []
        if self.assignment is not None and self.student is not None:
            indexes.append(({"assignment", "student"}, ("both", self.assignment, self.student)))
        elif self.assignment is not None:
            indexes.append(({"assignment"}, ("assignment", self.assignment)))
        elif self.student is not None:
            indexes.append(({"student"}, ("student", self.student)))
        else:
            indexes.append((set(), ("all",)))
        if self.outcome is not None:
            indexes.append(({"outcome"}, ("outcome", self.outcome)))
        if self.mistake is not None and self.assignment is not None:
            indexes.append(({"assignment", "mistake"}, ("mistake", self.assignment, self.mistake)))
        return [(keys.key("index", self.course, *parts), asked == covered) for covered, parts in indexes]


def search(
    redis: Connection,
    criteria: Filter,
    limit: int,
    after: str | None,
    read: Callable[[list[str]], list[SubmissionRecord]],
) -> RecordPage[SubmissionRecord]:
    """Return a page of matches, newest first; its cursor continues if more may match, even if the page is short."""
    (index, exact), end = _shortest(redis, criteria.indexes()), start(after)
    matches: list[SubmissionRecord] = []
    size, examined = limit + 1 if exact else max(_CHUNK, limit + 1), 0
    while examined < _MOST:
        chunk: Any = redis.zrevrangebyscore(index, end, "-inf", start=0, num=size, withscores=True)
        created = {text(name): score for name, score in chunk}
        for submission in read(list(created)):
            if submission not in criteria:
                continue
            if len(matches) == limit:
                return RecordPage(tuple(matches), cursor(created[matches[-1].id]))
            matches.append(submission)
        if len(chunk) < size:
            return RecordPage(tuple(matches))
        examined += len(chunk)
        end = f"({chunk[-1][1]:.3f}"
    return RecordPage(tuple(matches), cursor(chunk[-1][1]))


def _shortest(redis: Connection, indexes: list[tuple[str, bool]]) -> tuple[str, bool]:
    """Return the shortest index; of two that are as short, the one that contains nothing but matches."""
    if len(indexes) == 1:
        return indexes[0]
    return min(indexes, key=lambda index: (int(redis.zcard(index[0])), not index[1]))
