"""A class's figures as charts: marks in bars, attempts over time, the share of students that make each mistake."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from backmark.grader.store.cohorts import HOUR, Cohort, Hour, Marks
from backmark.grader.web.pages import charts

#: Marks up to which each number has a bar of its own; beyond, or if revisions differ in their marks, tenths do.
_SINGLY = 24
#: Pieces that time is divided in, each in hours, with what it is called; the first that makes few enough bars.
_PIECES = ((1, "hour"), (24, "day"), (168, "week"), (672, "four weeks"))
_BARS = 50


@dataclass(frozen=True, slots=True)
class CohortChart:
    """A chart, and the same as a table: its header, and rows of a name and numbers."""

    chart: Markup
    header: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


def marks(cohort: Cohort) -> CohortChart | None:
    """Draw the number of students by the marks of their best attempt; None if there are none."""
    if not cohort.marks:
        return None
    most = {group.max_score for group in cohort.marks}
    if len(most) == 1 and max(most) <= _SINGLY:
        names, counts = _singly(cohort.marks, max(most))
    else:
        names, counts = _tenths(cohort.marks)
    chart = charts.draw_bars("Students by their best marks", names, counts)
    return CohortChart(chart, ("Marks", "Students"), tuple(zip(names, counts, strict=True)))


def attempts(cohort: Cohort) -> CohortChart | None:
    """Draw the attempts over time, passed and not; None if there are none."""
    if not cohort.hours:
        return None
    piece, unit = _piece(cohort.hours)
    names, passed, others = _buckets(cohort.hours, piece)
    chart = charts.draw_stacked_bars(f"Attempts a {unit}", names, {"passed": passed, "not passed": others})
    rows = tuple((name, yes + no, yes) for name, yes, no in zip(names, passed, others, strict=True) if yes or no)
    return CohortChart(chart, (f"{unit.capitalize()} (UTC)", "Attempts", "Passed"), rows)


def share(part: int, whole: int) -> int:
    """Return a percentage for people: never 0 for a part that is not empty, never 100 for less than the whole."""
    if not part or not whole:
        return 0
    return 100 if part >= whole else min(99, max(1, round(100 * part / whole)))


def _singly(groups: Sequence[Marks], most: int) -> tuple[list[str], list[int]]:
    counts = [0] * (most + 1)
    for group in groups:
        counts[min(max(group.score, 0), most)] += group.students
    return [str(score) for score in range(most + 1)], counts


def _tenths(groups: Sequence[Marks]) -> tuple[list[str], list[int]]:
    counts = [0] * 11
    for group in groups:
        counts[math.floor(10 * min(1.0, group.score / max(1, group.max_score)))] += group.students
    return [*(f"{10 * tenth}-{10 * tenth + 9} %" for tenth in range(10)), "100 %"], counts


def _piece(hours: Sequence[Hour]) -> tuple[int, str]:
    span = (hours[-1].start - hours[0].start) / HOUR
    return next((piece for piece in _PIECES if span / piece[0] < _BARS - 1), _PIECES[-1])


def _buckets(hours: Sequence[Hour], piece: int) -> tuple[list[str], list[int], list[int]]:
    """Return names and counts of all pieces of time, empty ones too; the newest if there are too many."""
    size = piece * HOUR
    first, last = (int(hour.start // size) for hour in (hours[0], hours[-1]))
    first = max(first, last - 4 * _BARS)
    passed, others = [0] * (last - first + 1), [0] * (last - first + 1)
    for hour in hours:
        at = int(hour.start // size) - first
        if at >= 0:
            passed[at] += hour.passed
            others[at] += hour.attempts - hour.passed
    starts = [datetime.fromtimestamp((first + at) * size, UTC) for at in range(len(passed))]
    years = len({start.year for start in starts}) > 1
    return [_format_start(start, piece, years=years) for start in starts], passed, others


def _format_start(start: datetime, piece: int, *, years: bool) -> str:
    day = f"{start.day} {start:%b}{f' {start.year}' if years else ''}"
    return f"{day} {start:%H}:00" if piece == 1 else day
