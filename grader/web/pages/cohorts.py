"""A class's figures as they are drawn: marks in bars, attempts over time, what share makes which mistake."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from grader.store.cohorts import HOUR, Cohort, Hour, Marks
from grader.web.pages import charts

#: Marks up to which each number has a bar of its own; beyond, or where revisions differ in their marks, tenths do.
_SINGLY = 24
#: Pieces that time is divided in, each in hours, with what it is called; the first that makes few enough bars.
_PIECES = ((1, "hour"), (24, "day"), (168, "week"), (672, "four weeks"))
_BARS = 50


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with the same as a table: its header, and rows of a name and numbers."""

    chart: Markup
    header: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


def marks(cohort: Cohort) -> Drawn | None:
    """How many students have which marks, by their best attempt."""
    if not cohort.marks:
        return None
    most = {each.max_score for each in cohort.marks}
    if len(most) == 1 and max(most) <= _SINGLY:
        names, counts = _singly(cohort.marks, max(most))
    else:
        names, counts = _tenths(cohort.marks)
    chart = charts.bars("Students by their best marks", names, counts)
    return Drawn(chart, ("Marks", "Students"), tuple(zip(names, counts, strict=True)))


def attempts(cohort: Cohort) -> Drawn | None:
    """When was handed in how much, and how much of it passed."""
    if not cohort.hours:
        return None
    piece, called = _piece(cohort.hours)
    names, passed, others = _buckets(cohort.hours, piece)
    chart = charts.stacked(f"Attempts a {called}", names, {"passed": passed, "not passed": others})
    rows = tuple((name, yes + no, yes) for name, yes, no in zip(names, passed, others, strict=True) if yes or no)
    return Drawn(chart, (f"{called.capitalize()} (UTC)", "Attempts", "Passed"), rows)


def share(part: int, whole: int) -> int:
    """In percent, for people: never 0 of something, never 100 of less than all."""
    if not part or not whole:
        return 0
    return 100 if part >= whole else min(99, max(1, round(100 * part / whole)))


def _singly(found: Sequence[Marks], most: int) -> tuple[list[str], list[int]]:
    counts = [0] * (most + 1)
    for each in found:
        counts[min(max(each.score, 0), most)] += each.students
    return [str(score) for score in range(most + 1)], counts


def _tenths(found: Sequence[Marks]) -> tuple[list[str], list[int]]:
    counts = [0] * 11
    for each in found:
        counts[math.floor(10 * min(1.0, each.score / max(1, each.max_score)))] += each.students
    return [*(f"{10 * tenth}-{10 * tenth + 9} %" for tenth in range(10)), "100 %"], counts


def _piece(hours: Sequence[Hour]) -> tuple[int, str]:
    span = (hours[-1].start - hours[0].start) / HOUR
    return next((each for each in _PIECES if span / each[0] < _BARS - 1), _PIECES[-1])


def _buckets(hours: Sequence[Hour], piece: int) -> tuple[list[str], list[int], list[int]]:
    """Also those in which nothing came; where even then there are too many, the newest."""
    size = piece * HOUR
    first, last = (int(each.start // size) for each in (hours[0], hours[-1]))
    first = max(first, last - 4 * _BARS)
    passed, others = [0] * (last - first + 1), [0] * (last - first + 1)
    for each in hours:
        at = int(each.start // size) - first
        if at >= 0:
            passed[at] += each.passed
            others[at] += each.attempts - each.passed
    starts = [datetime.fromtimestamp((first + at) * size, UTC) for at in range(len(passed))]
    years = len({start.year for start in starts}) > 1
    return [_named(start, piece, years=years) for start in starts], passed, others


def _named(start: datetime, piece: int, *, years: bool) -> str:
    day = f"{start.day} {start:%b}{f' {start.year}' if years else ''}"
    return f"{day} {start:%H}:00" if piece == 1 else day
