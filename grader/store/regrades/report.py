"""The report of a regrade: each submission's verdicts before and after, and what was done with them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backmark.grader.model.records import Kind, State
from backmark.grader.model.regrades import Change, ComparisonRecord, ComparisonStatus
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.regrades.entry import RegradeEntry
from backmark.grader.store.summary import VerdictSummary

#: Submissions read at once, and the most examined for one page, after which the page is short or empty.
_CHUNK, _MOST = 500, 5000


class Disposition(StrEnum):
    """The disposition of a submission's new verdict."""

    APPLIED = "applied"
    #: Left as it was: its verdict had changed since the preview.
    CHANGED = "changed"
    #: Left as it was: it would have lost marks.
    WOULD_LOWER = "would_lower"
    ROLLED_BACK = "rolled_back"
    #: Not rolled back: another verdict had replaced this regrade's.
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The row of one submission. `after` is None until it is graded, or if it could not be: see `failure`."""

    submission: str
    entry: RegradeEntry
    after: VerdictSummary | None = None
    failure: str | None = None
    fate: Disposition | None = None

    @property
    def change(self) -> Change | None:
        """The change of the marks, or None if the submission is not graded."""
        return None if self.after is None else self.entry.before.change(self.after)

    @property
    def newly_failing(self) -> tuple[str, ...]:
        """The names of the properties that fail now and did not before."""
        return () if self.after is None else self.entry.before.newly_failing(self.after)

    @property
    def newly_passing(self) -> tuple[str, ...]:
        """The names of the properties that pass now and failed before."""
        return () if self.after is None else self.entry.before.newly_passing(self.after)

    def compare(self) -> ComparisonRecord:
        """Return what a report has of it."""
        status, reason = self._status()
        return ComparisonRecord(
            submission=self.submission,
            student=self.entry.student,
            attempt=self.entry.attempt,
            filename=self.entry.filename,
            created=self.entry.created,
            change=self.change,
            before=self.entry.before.brief,
            after=None if self.after is None else self.after.brief,
            newly_failing=self.newly_failing,
            newly_passing=self.newly_passing,
            status=status,
            reason=reason,
        )

    def _status(self) -> tuple[ComparisonStatus, str | None]:
        match self.fate:
            case None if self.failure is not None:
                return ComparisonStatus.COULD_NOT_BE_GRADED, self.failure
            case None:
                return (ComparisonStatus.WAITING if self.after is None else ComparisonStatus.PREVIEWED), None
            case Disposition.CHANGED | Disposition.WOULD_LOWER:
                return ComparisonStatus.SKIPPED, self.fate
            case Disposition.LEFT:
                return ComparisonStatus.LEFT, Disposition.CHANGED
            case Disposition.APPLIED:
                return ComparisonStatus.APPLIED, None
            case Disposition.ROLLED_BACK:
                return ComparisonStatus.ROLLED_BACK, None


class RegradeReport:
    """A regrade's submissions, newest first, without those that have been deleted since."""

    def __init__(self, redis: Connection, regrade: str) -> None:
        self._redis = redis
        self._regrade = regrade

    def page(self, changes: frozenset[Change], limit: int, after: str | None = None) -> RecordPage[ReportRow]:
        """Return a page of the rows with these changes, or of all if empty; its cursor continues if more may match."""
        end = start(after)
        rows: list[ReportRow] = []
        looked = 0
        while looked < _MOST:
            chunk = self.walk(end, _CHUNK)
            for row in self.rows([name for name, _ in chunk]):
                if changes and row.change not in changes:
                    continue
                if len(rows) == limit:
                    return RecordPage(tuple(rows), cursor(1000 * rows[-1].entry.created))
                rows.append(row)
            if len(chunk) < _CHUNK:
                return RecordPage(tuple(rows))
            looked += len(chunk)
            end = f"({chunk[-1][1]:.3f}"
        return RecordPage(tuple(rows), cursor(chunk[-1][1]))

    def all(self, changes: frozenset[Change]) -> Iterator[ReportRow]:
        """Yield the rows of all pages; only one chunk is in memory at a time."""
        for chunk in self.chunks():
            for row in self.rows(chunk):
                if not changes or row.change in changes:
                    yield row

    def chunks(self) -> Iterator[list[str]]:
        """Yield the ids of all submissions, as many at a time as are read at once."""
        end = start(None)
        while chunk := self.walk(end, _CHUNK):
            yield [name for name, _ in chunk]
            end = f"({chunk[-1][1]:.3f}"

    def walk(self, end: str, limit: int) -> list[tuple[str, float]]:
        """Return ids and times (milliseconds) from `end` on, in the format of Redis's ranges."""
        members: Any = self._redis.zrevrangebyscore(
            keys.key("regrade-order", self._regrade), end, "-inf", start=0, num=limit, withscores=True
        )
        return [(text(name), score) for name, score in members]

    def rows(self, submissions: list[str]) -> list[ReportRow]:
        """Return the rows of the submissions that exist, in this order."""
        entries = {name: (RegradeEntry.read(raw), fate) for name, (raw, fate) in self.entries(submissions).items()}
        ends = self.unit_ends({entry.unit for entry, _ in entries.values()})
        return [ReportRow(name, entry, *ends[entry.unit], fate) for name, (entry, fate) in entries.items()]

    def entries(self, submissions: list[str]) -> dict[str, tuple[bytes | str, Disposition | None]]:
        """Return the entries of the submissions that exist, as they are stored, and their dispositions."""
        if not submissions:
            return {}
        entries = self._redis.hmget(keys.key("regrade-entries", self._regrade), submissions)
        fates = self._redis.hmget(keys.key("regrade-fates", self._regrade), submissions)
        return {
            name: (entry, None if fate is None else Disposition(text(fate).partition(":")[0]))
            for name, entry, fate in zip(submissions, entries, fates, strict=True)
            if entry is not None
        }

    def unit_ends(self, names: set[str]) -> dict[str, tuple[VerdictSummary | None, str | None]]:
        """Return the verdict of each unit, and why it could not be graded; None in place of what it does not have."""
        ordered = sorted(names)
        pipeline = self._redis.pipeline(transaction=False)
        for name in ordered:
            pipeline.hmget(keys.key(Kind.UNIT, name), ["state", "summary", "failure"])
        return {
            name: (
                VerdictSummary.read(json.loads(summary)) if state == State.DONE.value.encode() else None,
                text(failure) if state == State.SERVICE_FAILED.value.encode() else None,
            )
            for name, (state, summary, failure) in zip(ordered, pipeline.execute(), strict=True)
        }
