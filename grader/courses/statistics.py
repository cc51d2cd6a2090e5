"""Statistics of marks: of a whole class, and of each section of it."""

from collections.abc import Iterable, Sequence
from statistics import fmean, quantiles

from backmark.grader.model.marks import MarkStatistics
from backmark.grader.model.people import RosterEntry


def summarize_marks(marks: Iterable[tuple[RosterEntry | None, float | None]]) -> tuple[MarkStatistics, ...]:
    """Return the statistics of a class, then of its sections by name, then of students in none of these.

    `marks` has each student's entry in the roster and mark, None without one. Who left the course and has no mark is
    left out. A class without sections has the first alone.
    """
    sections: dict[str, list[float | None]] = {}
    for entry, share in marks:
        if share is not None or entry is None or entry.left is None:
            sections.setdefault((entry.section if entry else None) or "", []).append(share)
    whole = _summarize(None, [share for shares in sections.values() for share in shares])
    named = sorted(sections.keys() - {""})
    return (whole, *(_summarize(name, sections[name]) for name in (*named, *({""} & sections.keys() if named else ()))))


def _summarize(section: str | None, shares: Sequence[float | None]) -> MarkStatistics:
    there = [share for share in shares if share is not None]
    if not there:
        return MarkStatistics(section, 0, len(shares))
    # The quartiles that spreadsheets call QUARTILE.INC, and NumPy's; of one mark all are that mark.
    lower, median, upper = quantiles(there, n=4, method="inclusive") if there[1:] else 3 * there
    return MarkStatistics(section, len(there), len(shares) - len(there), fmean(there), lower, median, upper)
