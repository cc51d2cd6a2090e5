"""The marks that a regrade changes: of each student before and after, apart from attempts that change none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backmark.grader.courses.marks import mark_student
from backmark.grader.model.marks import Attempt
from backmark.grader.model.records import State, SubmissionRecord, is_attempt
from backmark.grader.model.terms import Terms
from backmark.grader.store.regrades.report import Disposition, ReportRow
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.store.summary import VerdictSummary

#: A student's submissions that are looked at, the newest.
_SUBMISSIONS = 200
#: Dispositions of verdicts that hold, held, or would hold.
_TAKEN = frozenset({None, Disposition.APPLIED, Disposition.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class MarkChange:
    """A student's mark before and after a regrade, as a share of the maximum; None: there is none."""

    student: str
    before: float | None
    after: float | None

    @property
    def up(self) -> bool:
        """True if the mark goes up; a first one does."""
        return (self.after or 0.0) > (self.before or 0.0) or self.before is None


def list_mark_changes(
    store: Store, regrade: str, rows: Iterable[ReportRow], place: tuple[str, str]
) -> list[MarkChange]:
    """Return the students of these rows whose mark a regrade changes; `place` is its course and assignment."""
    students = dict.fromkeys(row.entry.student for row in rows)
    changes = (_compare(store, regrade, student, place) for student in students)
    return [change for change in changes if change.before != change.after]


def _compare(store: Store, regrade: str, student: str, place: tuple[str, str]) -> MarkChange:
    records = store.submissions.list(Filter(*place, student), _SUBMISSIONS).items
    rows = {row.submission: row for row in store.regrades.report(regrade).rows([record.id for record in records])}
    terms = store.courses.terms_of(*place, student)
    return MarkChange(
        student, _mark(records, rows, terms, student, after=False), _mark(records, rows, terms, student, after=True)
    )


def _mark(
    records: Iterable[SubmissionRecord], rows: Mapping[str, ReportRow], terms: Terms, student: str, *, after: bool
) -> float | None:
    attempts = (_attempt(record, rows.get(record.id), after=after) for record in records)
    return mark_student(student, [attempt for attempt in attempts if attempt is not None], terms).share


def _attempt(record: SubmissionRecord, row: ReportRow | None, *, after: bool) -> Attempt | None:
    """Return a submission as marks depend on it, with its verdict before or after; None if it is no attempt then."""
    if row is None:
        state, verdict = record.state, VerdictSummary(record.outcome or "", record.score or 0, record.max_score or 0)
    else:
        verdict = row.after if after and row.after is not None and row.fate in _TAKEN else row.entry.before
        state = State.DONE if verdict.graded else State.SERVICE_FAILED
    if not is_attempt(state, verdict.outcome or None):
        return None
    return Attempt(record.id, record.created, verdict.share if verdict.graded else None)
