"""The audit after `bench.chaos`: nothing is lost, doubled or changed, and every count adds up.

Submissions and regrades are followed in the order in which they happened. What is stored must be what follows from the
verdicts of a quiet day, and from which regrades were applied and rolled back.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.model.records import State
from backmark.grader.model.regrades import Change, RegradeCounts
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.regrades.entry import nameless
from backmark.grader.store.regrades.report import Disposition, ReportRow
from backmark.grader.store.store import Store
from bench.regrading import RequestedRegrade
from tests.service.chaos import StudentFile
from tests.service.parts import as_json, without_identity

#: The verdicts of a quiet day, by the revision's id and the file's number.
ExpectedVerdicts = Mapping[tuple[str, int], Mapping[str, Any]]


@dataclass(slots=True)
class _History:
    """The verdicts that a submission must have been given, in their order: the revisions that they are of."""

    file: StudentFile
    revisions: list[str]
    #: The number of the verdict in force, counted from 1.
    number: int = 1
    #: The regrades by which it was given the second, the third...
    regrades: list[str | None] = field(default_factory=lambda: [None])

    @property
    def revision(self) -> str:
        """The revision of the verdict in force."""
        return self.revisions[self.number - 1]

    def give(self, revision: str, regrade: str) -> None:
        """Put another verdict in force."""
        self.revisions.append(revision)
        self.regrades.append(regrade)
        self.number = len(self.revisions)


class ChaosAudit:
    """Compares a store at rest with what must be in it."""

    def __init__(self, store: Store, expected: ExpectedVerdicts, revision: str) -> None:
        """Audit submissions that were graded against this revision when they were handed in."""
        self._store = store
        self._expected = expected
        self._revision = revision
        self._violations: list[str] = []

    def violations(self, accepted: Mapping[str, StudentFile], regrades: Sequence[RequestedRegrade]) -> list[str]:
        """Return a sentence for each violation; `accepted` has the files by the ids in the portal's answers."""
        histories = {name: _History(file, [self._revision]) for name, file in accepted.items()}
        self._compare("ids that were answered, no two files with the same", len(histories), self._count("submission:*"))
        for regrade in regrades:
            self._audit_regrade(regrade, histories)
        for name, history in histories.items():
            self._audit_submission(name, history)
        self._audit_totals(histories)
        self._compare("stored regrades", len(regrades), self._count("regrade:*"))
        return self._violations

    def _audit_regrade(self, request: RequestedRegrade, histories: Mapping[str, _History]) -> None:
        name = request.id
        regrade = self._store.regrades.get(name)
        if regrade is None:
            self._violations.append(f"regrade {name} is lost")
            return
        self._compare(f"phase of regrade {name}", request.phase, regrade.phase.value)
        rows = list(self._store.regrades.report(name).all(frozenset()))
        ids = [row.submission for row in rows]
        self._compare(f"regrade {name}: submissions that it chose twice", 0, len(ids) - len(set(ids)))
        self._compare(f"regrade {name}: submissions that it missed", set(), set(request.concluded) - set(ids))
        self._compare(f"regrade {name}: submissions that nobody handed in", set(), set(ids) - set(histories))
        self._audit_counts(name, regrade.counts, rows)
        for row in rows:
            if row.submission in histories:
                self._audit_row(request, row, histories[row.submission])

    def _audit_counts(self, name: str, counts: RegradeCounts, rows: Sequence[ReportRow]) -> None:
        units = {row.entry.unit for row in rows}
        changes, fates = Counter(row.change for row in rows), Counter(row.fate for row in rows)
        failing = Counter(mark for row in rows for mark in row.newly_failing)
        passing = Counter(mark for row in rows for mark in row.newly_passing)
        for subject, wanted, actual in (
            ("submissions", len(rows), counts.submissions),
            ("sources", len(units), counts.sources),
            ("stored units", len(units), self._count(f"unit:{name}-*")),
            ("up", changes[Change.UP], counts.up),
            ("down", changes[Change.DOWN], counts.down),
            ("same", changes[Change.SAME], counts.same),
            ("submissions that could not be graded", 0, counts.could_not_be_graded),
            ("skipped", 0, counts.skipped),
            ("applied", fates[Disposition.APPLIED], counts.applied),
            ("rolled back", fates[Disposition.ROLLED_BACK], counts.rolled_back),
            ("left", 0, counts.left),
            ("newly failing", dict(failing), counts.newly_failing),
            ("newly passing", dict(passing), counts.newly_passing),
        ):
            self._compare(f"regrade {name}: {subject}", wanted, actual)
        unfinished = [self._store.redis.exists(f"bm:regrade-{state}:{name}") for state in ("pending", "open", "failed")]
        self._compare(f"regrade {name}: units that wait, run or failed", [0, 0, 0], unfinished)

    def _audit_row(self, request: RequestedRegrade, row: ReportRow, history: _History) -> None:
        """Compare a submission's row, and take its fate into its history."""
        subject = f"regrade {request.id}, submission {row.submission}"
        self._compare(f"{subject}: verdict before", history.number, row.entry.verdict)
        before = self._expected[history.revision, history.file.number]
        summary = row.entry.before
        self._compare(
            f"{subject}: marks before", _read_marks(before), (summary.outcome, summary.score, summary.max_score)
        )
        filename = nameless(history.file.filename)
        wanted = self._verdict(request.revision, history.file, filename)
        self._compare_verdict(subject, wanted, self._store.regrades.units.verdict(row.entry.unit))
        reused = self._store.redis.hget(f"bm:unit:{row.entry.unit}", "reused")
        self._compare(f"{subject}: reused", b"0", reused)
        if row.fate is Disposition.APPLIED:
            history.give(request.revision, request.id)
        elif row.fate is Disposition.ROLLED_BACK:
            number_in_force = history.number
            history.give(request.revision, request.id)
            history.number = number_in_force
        if request.phase == "applied":
            self._compare(f"{subject}: fate", Disposition.APPLIED, row.fate)
        elif row.fate is not None:
            self._compare(f"{subject}: fate", Disposition.ROLLED_BACK, row.fate)

    def _audit_submission(self, name: str, history: _History) -> None:
        submission, file = self._store.submissions.get(name), history.file
        if submission is None:
            self._violations.append(f"submission {name} of student {file.number} is lost")
            return
        self._compare(f"{name}: state", State.DONE, submission.state)
        self._compare(f"{name}: student", f"student-{file.number}", submission.student)
        self._compare(f"{name}: attempt", None if submission.outcome == "rejected" else 1, submission.attempt)
        self._compare(f"{name}: verdict in force", history.number, submission.verdict)
        self._compare(f"{name}: regrade", history.regrades[history.number - 1], submission.regrade)
        actual = (submission.outcome, submission.score, submission.max_score)
        self._compare(f"{name}: marks", _read_marks(self._expected[history.revision, file.number]), actual)
        for number, revision in enumerate(history.revisions, start=1):
            verdict = self._store.submissions.verdict(name, number)
            self._compare_verdict(f"{name}, verdict {number}", self._verdict(revision, file, file.filename), verdict)
            if verdict is not None:
                self._compare(f"{name}, verdict {number}: id in it", name, verdict.submission.id)
        self._compare(f"{name}: verdicts", len(history.revisions), self._count(f"verdict:{name}:*"))

    def _audit_totals(self, histories: Mapping[str, _History]) -> None:
        totals = self._store.counters.read()
        verdicts = sum(len(history.revisions) for history in histories.values())
        units = self._count("unit:*")
        for subject, wanted, actual in (
            ("accepted submissions", len(histories), totals.accepted),
            ("first verdicts", len(histories), sum(totals.outcomes.values())),
            ("concluded submissions", {"done": len(histories)}, _select_kind(totals.states, "submission")),
            ("concluded units", {"done": units} if units else {}, _select_kind(totals.states, "unit")),
            ("verdicts by regrades", verdicts - len(histories), totals.regraded),
            ("stored verdicts", verdicts, self._count("verdict:*")),
        ):
            self._compare(subject, wanted, actual)

    def _verdict(self, revision: str, file: StudentFile, filename: str) -> dict[str, Any]:
        digest = hashlib.sha256(file.source).hexdigest()
        submission = {"id": "", "filename": filename, "source_sha256": digest}
        return {**self._expected[revision, file.number], "submission": submission}

    def _compare_verdict(self, subject: str, wanted: Mapping[str, Any], actual: Verdict | None) -> None:
        if actual is None:
            self._violations.append(f"{subject}: its verdict is lost")
            return
        stored = without_identity(as_json(actual))
        pairs = {key: (wanted.get(key), stored.get(key)) for key in wanted.keys() | stored.keys()}
        differences = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
        self._compare(f"{subject}: verdict", {}, differences)

    def _compare(self, subject: str, wanted: object, actual: object) -> None:
        if wanted != actual:
            self._violations.append(f"{subject}: must be {wanted}, is {actual}")

    def _count(self, pattern: str) -> int:
        return sum(1 for _ in self._store.redis.scan_iter(f"bm:{pattern}", count=1000))


def _read_marks(verdict: Mapping[str, Any]) -> tuple[str, int, int]:
    return verdict["outcome"], verdict["score"], verdict["max_score"]


def _select_kind(states: Mapping[tuple[str, str], int], kind: str) -> dict[str, int]:
    return {state: number for (counted_kind, state), number in states.items() if counted_kind == kind}
