"""What a regrade says of each submission: how it stood, how it would stand, and what became of that."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grader.model.records import Kind, State
from grader.store import keys
from grader.store.connection import Connection, text
from grader.store.paging import Page, cursor, start
from grader.store.regrades.entry import Entry
from grader.store.summary import Change, Standing

#: Submissions that are read at once, and the most that are looked at for one page: then a page is short, or empty.
_CHUNK, _MOST = 500, 5000


class Fate(StrEnum):
    """What became of a submission's verdict."""

    APPLIED = "applied"
    #: Left as it was: another verdict holds than the one that was previewed.
    CHANGED = "changed"
    #: Left as it was: it would have lost marks.
    WOULD_LOWER = "would_lower"
    ROLLED_BACK = "rolled_back"
    #: Not rolled back: another verdict holds than the one that was applied.
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """One submission. Without `after` it is not graded yet, or could not be: then `failure` says why."""

    submission: str
    entry: Entry
    after: Standing | None = None
    failure: str | None = None
    fate: Fate | None = None

    @property
    def change(self) -> Change | None:
        """Of its marks."""
        return None if self.after is None else self.entry.before.change(self.after)

    @property
    def newly_failing(self) -> tuple[str, ...]:
        """Names of properties."""
        return () if self.after is None else self.entry.before.newly_failing(self.after)

    @property
    def newly_passing(self) -> tuple[str, ...]:
        """Names of properties."""
        return () if self.after is None else self.entry.before.newly_passing(self.after)


class Report:
    """A regrade's submissions, newest first. Those that were deleted since are gone from it."""

    def __init__(self, redis: Connection, regrade: str) -> None:
        self._redis = redis
        self._regrade = regrade

    def page(self, changes: frozenset[Change], limit: int, after: str | None = None) -> Page[Row]:
        """Those that change so, or all where none is named. Where more may match, the cursor leads on."""
        end = start(after)
        found: list[Row] = []
        looked = 0
        while looked < _MOST:
            chunk = self.walk(end, _CHUNK)
            for row in self.rows([name for name, _ in chunk]):
                if changes and row.change not in changes:
                    continue
                if len(found) == limit:
                    return Page(tuple(found), cursor(1000 * found[-1].entry.created))
                found.append(row)
            if len(chunk) < _CHUNK:
                return Page(tuple(found))
            looked += len(chunk)
            end = f"({chunk[-1][1]:.3f}"
        return Page(tuple(found), cursor(chunk[-1][1]))

    def all(self, changes: frozenset[Change]) -> Iterator[Row]:
        """The same without pages: as many are in memory as are read at once."""
        end = start(None)
        while chunk := self.walk(end, _CHUNK):
            for row in self.rows([name for name, _ in chunk]):
                if not changes or row.change in changes:
                    yield row
            end = f"({chunk[-1][1]:.3f}"

    def walk(self, end: str, limit: int) -> list[tuple[str, float]]:
        """Ids and times (milliseconds) from `end` on, as Redis has ends of ranges."""
        found: Any = self._redis.zrevrangebyscore(
            keys.key("regrade-order", self._regrade), end, "-inf", start=0, num=limit, withscores=True
        )
        return [(text(name), score) for name, score in found]

    def rows(self, submissions: list[str]) -> list[Row]:
        """Those of them that are there, in this order."""
        if not submissions:
            return []
        raw = self._redis.hmget(keys.key("regrade-entries", self._regrade), submissions)
        fates = self._redis.hmget(keys.key("regrade-fates", self._regrade), submissions)
        entries = [None if each is None else Entry.read(each) for each in raw]
        units = self._units({entry.unit for entry in entries if entry is not None})
        return [
            Row(name, entry, *units[entry.unit], None if fate is None else Fate(text(fate).partition(":")[0]))
            for name, entry, fate in zip(submissions, entries, fates, strict=True)
            if entry is not None
        ]

    def _units(self, names: set[str]) -> dict[str, tuple[Standing | None, str | None]]:
        ordered = sorted(names)
        pipeline = self._redis.pipeline(transaction=False)
        for name in ordered:
            pipeline.hmget(keys.key(Kind.UNIT, name), ["state", "summary", "failure"])
        return {
            name: (
                Standing.read(json.loads(summary)) if state == State.DONE.value.encode() else None,
                text(failure) if state == State.SERVICE_FAILED.value.encode() else None,
            )
            for name, (state, summary, failure) in zip(ordered, pipeline.execute(), strict=True)
        }
