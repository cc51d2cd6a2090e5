"""Finds what a regrade selects, a chunk at a time, newest first. No source is read for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.model.records import State, Submission
from grader.model.verdict import Outcome
from grader.store import keys
from grader.store.connection import Connection, text
from grader.store.regrades.entry import Entry, class_of, nameless, unit_of
from grader.store.regrades.model import Selection, Which
from grader.store.summary import Standing

#: Submissions that are read at once.
_CHUNK = 200
#: Ends of submissions that can be graded again: with a verdict, or without one by our failure.
_GRADABLE = frozenset({State.DONE, State.SERVICE_FAILED})


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was found, for the script that records it; `cursor` is where the next one starts, None after the last."""

    rows: list[dict[str, Any]]
    looked: int
    cursor: str | None


@dataclass(slots=True)
class Chooser:
    """One regrade's selection. Nothing that was accepted after `until` (milliseconds) is in it."""

    redis: Connection
    read: Callable[[list[str]], list[Submission]]
    regrade: str
    selection: Selection
    until: float
    #: The group that a submission's student is graded in: empty where all are graded on the same networks.
    group: Callable[[Submission], str]
    #: Students whose submission was chosen, or passed over for good, within this chunk.
    _taken: set[str] = field(default_factory=set)

    def chunk(self, cursor: str) -> Chunk:
        """The next submissions from there."""
        number, _, before = cursor.partition(":")
        indexes = self._indexes()
        since = "-inf" if self.selection.since is None else f"{1000 * self.selection.since:.3f}"
        found: Any = self.redis.zrevrangebyscore(
            indexes[int(number)], f"({before}", since, start=0, num=_CHUNK, withscores=True
        )
        submissions = [each for each in self.read([text(name) for name, _ in found]) if each.state in _GRADABLE]
        rows = [row for each in self._picked(submissions) for row in self._row(each)]
        return Chunk(rows, len(found), self._next(int(number), found, len(indexes)))

    def _indexes(self) -> list[str]:
        chosen = self.selection
        if not chosen.students:
            return [keys.key("index", chosen.course, "assignment", chosen.assignment)]
        return [keys.key("index", chosen.course, "both", chosen.assignment, each) for each in chosen.students]

    def _next(self, number: int, found: list[tuple[bytes, float]], indexes: int) -> str | None:
        if len(found) == _CHUNK:
            return f"{number}:{found[-1][1]:.3f}"
        return f"{number + 1}:{self.until:.3f}" if number + 1 < indexes else None

    def _picked(self, submissions: list[Submission]) -> Iterator[Submission]:
        """Of each student that one that counts, whether or not it is selected."""
        if self.selection.which is Which.ALL:
            yield from submissions
            return
        self._taken = self._known({each.student for each in submissions})
        for each in submissions:
            if each.student not in self._taken:
                self._taken.add(each.student)
                yield each if self.selection.which is Which.LATEST else self._best(each)

    def _known(self, students: set[str]) -> set[str]:
        names = sorted(students)
        if not names:
            return set()
        known = self.redis.smismember(keys.key("regrade-taken", self.regrade), names)
        return {name for name, there in zip(names, known, strict=True) if there}

    def _best(self, latest: Submission) -> Submission:
        index = keys.key("index", self.selection.course, "both", self.selection.assignment, latest.student)
        found: Any = self.redis.zrevrangebyscore(index, f"({self.until:.3f}", "-inf")
        attempts = [each for each in self.read([text(name) for name in found]) if each.state in _GRADABLE]
        # The first of the greatest: as good, the later one counts.
        return max(attempts, key=lambda each: _standing(each).rank, default=latest)

    def _row(self, each: Submission) -> Iterator[dict[str, Any]]:
        chosen = self.selection
        pick = "" if chosen.which is Which.ALL else each.student
        selected = not chosen.outcomes or each.outcome in chosen.outcomes
        if each.outcome == Outcome.REJECTED and not self.redis.exists(keys.key("source", each.source_sha256)):
            # Its source is kept for a week only: there is nothing to grade again.
            selected = False
        if not selected or (chosen.since is not None and each.created < chosen.since):
            if pick:
                yield {"pick": pick}
            return
        before = _standing(each)
        group = self.group(each)
        unit = unit_of(self.regrade, each, group)
        entry = Entry(each.student, each.attempt, each.filename, each.created, unit, each.verdict or 0, before)
        yield {
            "pick": pick,
            "submission": each.id,
            "created": f"{1000 * each.created:.3f}",
            "unit": unit,
            "source": each.source_sha256,
            "filename": nameless(each.filename),
            "group": group,
            "class": class_of(before),
            "entry": json.dumps(entry.write(), separators=(",", ":")),
        }


def _standing(each: Submission) -> Standing:
    mistakes = tuple((mistake, "") for mistake in each.mistakes)
    return Standing(each.outcome or "", each.score or 0, each.max_score or 0, each.failing, mistakes=mistakes)
