"""The selection of a regrade's submissions, a chunk at a time, newest first. No source is read for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.regrades import Selection, Which
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.regrades.entry import RegradeEntry, nameless, unit_of
from backmark.grader.store.summary import VerdictSummary

#: Submissions read at once.
_CHUNK = 200
#: Final states of submissions that can be graded again: with a verdict, or failed by the service.
_GRADABLE = frozenset({State.DONE, State.SERVICE_FAILED})


@dataclass(frozen=True, slots=True)
class SelectionChunk:
    """The rows of a chunk, for the call that records them; `cursor` starts the next chunk, None after the last."""

    rows: list[dict[str, Any]]
    cursor: str | None


@dataclass(slots=True)
class SelectionScan:
    """A scan of one regrade's selection, without submissions accepted after `until` (milliseconds)."""

    redis: Connection
    read: Callable[[list[str]], list[SubmissionRecord]]
    regrade: str
    selection: Selection
    until: float
    #: Returns the group of a submission's student: empty if all are graded on the same cases.
    group: Callable[[SubmissionRecord], str]
    #: Students whose submission was selected or finally left out within this chunk.
    _taken: set[str] = field(default_factory=set)

    def chunk(self, cursor: str) -> SelectionChunk:
        """Return the next chunk from a cursor on."""
        number, _, before = cursor.partition(":")
        indexes = self._indexes()
        since = "-inf" if self.selection.since is None else f"{1000 * self.selection.since:.3f}"
        members: Any = self.redis.zrevrangebyscore(
            indexes[int(number)], f"({before}", since, start=0, num=_CHUNK, withscores=True
        )
        submissions = [
            submission for submission in self.read([text(name) for name, _ in members]) if submission.state in _GRADABLE
        ]
        rows = [row for submission in self._pick(submissions) for row in self._row(submission)]
        return SelectionChunk(rows, self._next(int(number), members, len(indexes)))

    def _indexes(self) -> list[str]:
        selection = self.selection
        if not selection.students:
            return [keys.key("index", selection.course, "assignment", selection.assignment)]
        return [
            keys.key("index", selection.course, "both", selection.assignment, student) for student in selection.students
        ]

    def _next(self, number: int, members: list[tuple[bytes, float]], indexes: int) -> str | None:
        if len(members) == _CHUNK:
            return f"{number}:{members[-1][1]:.3f}"
        return f"{number + 1}:{self.until:.3f}" if number + 1 < indexes else None

    def _pick(self, submissions: list[SubmissionRecord]) -> Iterator[SubmissionRecord]:
        """Yield the one submission of each student that counts, even if it is not selected."""
        if self.selection.which is Which.ALL:
            yield from submissions
            return
        self._taken = self._find_taken({submission.student for submission in submissions})
        for submission in submissions:
            if submission.student not in self._taken:
                self._taken.add(submission.student)
                yield submission if self.selection.which is Which.LATEST else self._best(submission)

    def _find_taken(self, students: set[str]) -> set[str]:
        names = sorted(students)
        if not names:
            return set()
        known = self.redis.smismember(keys.key("regrade-taken", self.regrade), names)
        return {name for name, there in zip(names, known, strict=True) if there}

    def _best(self, latest: SubmissionRecord) -> SubmissionRecord:
        index = keys.key("index", self.selection.course, "both", self.selection.assignment, latest.student)
        names: Any = self.redis.zrevrangebyscore(index, f"({self.until:.3f}", "-inf")
        attempts = [
            submission for submission in self.read([text(name) for name in names]) if submission.state in _GRADABLE
        ]
        # max returns the first of equals, so that the latest of the best counts.
        return max(attempts, key=lambda submission: _summary(submission).rank, default=latest)

    def _row(self, submission: SubmissionRecord) -> Iterator[dict[str, Any]]:
        selection = self.selection
        pick = "" if selection.which is Which.ALL else submission.student
        selected = not selection.outcomes or submission.outcome in selection.outcomes
        if submission.outcome == Outcome.REJECTED and not self.redis.exists(
            keys.key("source", submission.source_sha256)
        ):
            # The source of a rejected submission is kept for a week only; without it nothing can be graded again.
            selected = False
        if not selected or (selection.since is not None and submission.created < selection.since):
            if pick:
                yield {"pick": pick}
            return
        before = _summary(submission)
        group = self.group(submission)
        unit = unit_of(self.regrade, submission, group)
        entry = RegradeEntry(
            submission.student,
            submission.attempt,
            submission.filename,
            submission.created,
            unit,
            submission.verdict or 0,
            before,
        )
        yield {
            "pick": pick,
            "submission": submission.id,
            "created": f"{1000 * submission.created:.3f}",
            "unit": unit,
            "source": submission.source_sha256,
            "filename": nameless(submission.filename),
            "group": group,
            "entry": json.dumps(entry.write(), separators=(",", ":")),
        }


def _summary(submission: SubmissionRecord) -> VerdictSummary:
    mistakes = tuple((mistake, "") for mistake in submission.mistakes)
    return VerdictSummary(
        submission.outcome or "",
        submission.score or 0,
        submission.max_score or 0,
        submission.failing,
        mistakes=mistakes,
    )
