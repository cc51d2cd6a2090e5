"""The counts of a regrade, added up in one pass over its submissions."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from backmark.grader.model.regrades import Change, RegradeCounts, SkippedCounts
from backmark.grader.store.regrades.report import Disposition, RegradeReport
from backmark.grader.store.summary import VerdictSummary


@dataclass(frozen=True, slots=True)
class AlikeSubmissions:
    """Submissions that a regrade counts alike: with one source, one verdict before, and one disposition."""

    number: int
    before: VerdictSummary
    #: None if they are not graded, or could not be: see `failure`.
    after: VerdictSummary | None
    failure: str | None
    disposition: Disposition | None


def read_alike(report: RegradeReport) -> list[AlikeSubmissions]:
    """Return the submissions of a regrade, those together that it counts alike."""
    numbers: Counter[tuple[str, str, int, int, tuple[str, ...], Disposition | None]] = Counter()
    ends: dict[str, tuple[VerdictSummary | None, str | None]] = {}
    for chunk in report.chunks():
        entries = [(json.loads(entry), disposition) for entry, disposition in report.entries(chunk).values()]
        ends |= report.unit_ends({entry["unit"] for entry, _ in entries} - ends.keys())
        for entry, disposition in entries:
            # Of the summary only what is compared, so that most are alike, and the pass is quick.
            outcome, score, max_score, failing, *_ = entry["before"]
            numbers[entry["unit"], outcome, score, max_score, tuple(failing), disposition] += 1
    return [
        AlikeSubmissions(number, VerdictSummary(outcome, score, max_score, failing), *ends[unit], disposition)
        for (unit, outcome, score, max_score, failing, disposition), number in numbers.items()
    ]


def count(groups: Iterable[AlikeSubmissions], sources: int, deleted: int) -> RegradeCounts:
    """Return the counts of a regrade of so many sources, from which so many submissions were deleted."""
    submissions = failed = 0
    changes: Counter[Change] = Counter()
    dispositions: Counter[Disposition | None] = Counter()
    failing: Counter[str] = Counter()
    passing: Counter[str] = Counter()
    for group in groups:
        submissions += group.number
        dispositions[group.disposition] += group.number
        if group.failure is not None:
            failed += group.number
        if group.after is not None:
            changes[group.before.change(group.after)] += group.number
            failing.update(dict.fromkeys(group.before.newly_failing(group.after), group.number))
            passing.update(dict.fromkeys(group.before.newly_passing(group.after), group.number))
    return RegradeCounts(
        submissions=submissions,
        sources=sources,
        up=changes[Change.UP],
        down=changes[Change.DOWN],
        same=changes[Change.SAME],
        could_not_be_graded=failed,
        applied=dispositions[Disposition.APPLIED],
        skipped_because=SkippedCounts(
            dispositions[Disposition.CHANGED], dispositions[Disposition.WOULD_LOWER], deleted
        ),
        rolled_back=dispositions[Disposition.ROLLED_BACK],
        left=dispositions[Disposition.LEFT],
        newly_failing=dict(sorted(failing.items())),
        newly_passing=dict(sorted(passing.items())),
    )
