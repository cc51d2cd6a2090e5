"""The rows that a regrade changes, of each submission: their marks and what became of them, before and after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backmark.grader.model.verdict import Mark, Property, Verdict
from backmark.grader.store.regrades.report import ReportRow
from backmark.grader.store.store import Store

#: What is said of a row that carries no marks.
_WORDS = {Mark.PASSED: "right", Mark.FAILED: "wrong", Mark.NOT_RUN: "not judged"}


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of the rubric in a verdict and in the one that takes its place; None: it is not in that one."""

    title: str
    before: str | None
    after: str | None


def list_row_changes(store: Store, rows: Iterable[ReportRow]) -> Mapping[str, tuple[RowChange, ...]]:
    """Return the rows that change by submission; none of one that has no verdict before, or none yet after."""
    return {
        row.submission: compare_rows(
            store.submissions.verdict(row.submission, row.entry.verdict),
            store.regrades.units.verdict(row.entry.unit),
        )
        for row in rows
    }


def compare_rows(before: Verdict | None, after: Verdict | None) -> tuple[RowChange, ...]:
    """Return the rows whose marks or outcome differ, those that are new last."""
    if before is None or after is None:
        return ()
    old, new = ({row.name: row for row in verdict.properties} for verdict in (before, after))
    changes = (
        RowChange(row.title, _describe(old.get(name)), _describe(new.get(name))) for name, row in (old | new).items()
    )
    return tuple(change for change in changes if change.before != change.after)


def _describe(row: Property | None) -> str | None:
    if row is None:
        return None
    if not row.max_score:
        return _WORDS[row.outcome]
    return f"{row.score} of {row.max_score}" + (", not judged" if row.outcome is Mark.NOT_RUN else "")
