"""Regrades: requested, and reported as a table."""

import itertools
from dataclasses import replace

from flask import Response

from backmark.grader.model.regrades import (
    Change,
    RegradeRecord,
    Selection,
    VerdictBrief,
)
from backmark.grader.reports.spreadsheets import Cell
from backmark.grader.store.regrades.report import RegradeReport, ReportRow
from backmark.grader.store.regrades.store import RecordedRegrade
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.idempotency import IdempotencyHeader, idempotency_claim
from backmark.grader.web.http.problems import (
    invalid,
)
from backmark.grader.web.http.request_log import current_trace
from backmark.grader.web.http.responses import respond_table
from backmark.grader.web.http.schemas import moment
from backmark.grader.web.service import note_act, service
from backmark.grader.web.usecases.assignments import current

#: The column names of a report as a table.
HEADER = (
    *("submission", "student", "attempt", "filename", "created_at", "change"),
    *("before_outcome", "before_score", "before_max_score"),
    *("after_outcome", "after_score", "after_max_score"),
    *("newly_failing", "newly_passing", "status", "reason"),
)


def request_regrade(selection: Selection, header: IdempotencyHeader | None = None) -> RecordedRegrade:
    """Record a regrade and notify a worker, or return the one that was requested before.

    Against the assignment's current revision, unless the selection names one. Raises Problem.
    """
    selection = replace(selection, revision=_revision(selection))
    key = idempotency_claim(header, selection.fingerprint()) if header and header.key else None
    return service().intake.regrade(selection, key, current_trace(), caller().author)


def spreadsheet(regrade: RegradeRecord, report: RegradeReport, changes: frozenset[Change]) -> Response:
    """Stream a report as CSV. The first row is read at once: a failing store is a problem, and not a broken table."""
    rows = report.all(changes)
    first = list(itertools.islice(rows, 1))
    note_act(regrade.selection.course, "regrade.export", regrade.id, assignment=regrade.selection.assignment)
    return respond_table(f"regrade-{regrade.id}", HEADER, map(_cells, itertools.chain(first, rows)))


def _cells(row: ReportRow) -> tuple[Cell, ...]:
    """Return the row of one submission as cells of a table."""
    comparison = row.compare()
    return (
        *(comparison.submission, comparison.student, comparison.attempt, comparison.filename),
        *(moment(comparison.created).isoformat(timespec="milliseconds"), comparison.change),
        *_brief_cells(comparison.before),
        *_brief_cells(comparison.after),
        *(" ".join(comparison.newly_failing), " ".join(comparison.newly_passing)),
        *(comparison.status, comparison.reason),
    )


def _brief_cells(brief: VerdictBrief | None) -> tuple[Cell, ...]:
    return (None, None, None) if brief is None else (brief.outcome, brief.score, brief.max_score)


def _revision(selection: Selection) -> str:
    """Return the id of the requested revision, by default the current one. Raises Problem if it does not exist."""
    course, assignment = selection.course, selection.assignment
    latest = current(course, assignment)
    if not selection.revision:
        return latest.id
    revision = service().store.assignments.get(course, selection.revision)
    if revision is None or revision.assignment_id != assignment:
        raise invalid("/revision", f"there is no revision {selection.revision} of {assignment}")
    return revision.id
