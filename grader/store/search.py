"""Finds submissions by what they are of: the shortest index that applies, and the rest compared one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.model.records import State, Submission
from grader.store import keys
from grader.store.connection import Connection, text
from grader.store.paging import Page, cursor, start

#: Submissions that are read at once, and the most that are looked at for one page: then a page is short, or empty.
_CHUNK, _MOST = 200, 5000


@dataclass(frozen=True, slots=True)
class Filter:
    """A course's submissions; what is None may be anything."""

    course: str
    assignment: str | None = None
    student: str | None = None
    outcome: str | None = None
    state: State | None = None
    #: A mistake that explains it, by its id. Of one assignment, that is named too.
    mistake: str | None = None

    def __contains__(self, each: Submission) -> bool:
        return (
            each.course == self.course
            and self.assignment in {None, each.assignment}
            and self.student in {None, each.student}
            and self.outcome in {None, each.outcome}
            and self.state in {None, each.state}
            and (self.mistake is None or self.mistake in each.mistakes)
        )

    def indexes(self) -> list[str]:
        """The indexes in which all that match stand."""
        names = [("all",)] if self.assignment is None and self.student is None else []
        found: list[tuple[str, ...]] = [*names]
        if self.assignment is not None and self.student is not None:
            found.append(("both", self.assignment, self.student))
        elif self.assignment is not None:
            found.append(("assignment", self.assignment))
        elif self.student is not None:
            found.append(("student", self.student))
        if self.outcome is not None:
            found.append(("outcome", self.outcome))
        if self.mistake is not None and self.assignment is not None:
            found.append(("mistake", self.assignment, self.mistake))
        return [keys.key("index", self.course, *each) for each in found]


def search(
    redis: Connection,
    which: Filter,
    limit: int,
    after: str | None,
    read: Callable[[list[str]], list[Submission]],
) -> Page[Submission]:
    """A page, newest first. Where more may match, its cursor leads on, though the page be short."""
    index, end = _shortest(redis, which.indexes()), start(after)
    found: list[Submission] = []
    looked = 0
    while looked < _MOST:
        chunk: Any = redis.zrevrangebyscore(index, end, "-inf", start=0, num=max(_CHUNK, limit + 1), withscores=True)
        created = {text(name): score for name, score in chunk}
        for each in read(list(created)):
            if each not in which:
                continue
            if len(found) == limit:
                return Page(tuple(found), cursor(created[found[-1].id]))
            found.append(each)
        if len(chunk) < max(_CHUNK, limit + 1):
            return Page(tuple(found))
        looked += len(chunk)
        end = f"({chunk[-1][1]:.3f}"
    return Page(tuple(found), cursor(chunk[-1][1]))


def _shortest(redis: Connection, indexes: list[str]) -> str:
    return min(indexes, key=lambda each: int(redis.zcard(each))) if len(indexes) > 1 else indexes[0]
