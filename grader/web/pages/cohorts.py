"""A class's figures as charts: marks in bars, attempts over time, the students who make each mistake."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from backmark.grader.model.marks import Marking
from backmark.grader.reports.html.charts import Chart, draw_stacked_bars
from backmark.grader.reports.html.distribution import chart_marks
from backmark.grader.store.cohorts import HOUR, Cohort, Hour

#: Pieces that time is divided in, each in hours, with what it is called; the first that makes few enough bars.
_PIECES = ((1, "hour"), (24, "day"), (168, "week"), (672, "four weeks"))
_BARS = 50
#: The maximum of marks that are counted by tenths of it: with the digits that tables have of a mark in per cent.
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class ClassMistake:
    """A mistake, and how many students make it."""

    id: str
    title: str
    #: Students whose attempt that counts has it, and those of whom any attempt ever had it.
    still: int
    ever: int
    submissions: int


def mistakes(cohort: Cohort, markings: Iterable[Marking]) -> tuple[ClassMistake, ...]:
    """Return the mistakes of a class, first those that most students still make."""
    still = Counter(mistake for marking in markings for mistake in marking.mistakes)
    rows = [
        ClassMistake(each.id, each.title, still[each.id], each.students, each.submissions) for each in cohort.mistakes
    ]
    return tuple(sorted(rows, key=lambda row: -row.still))


def marks(shares: Iterable[float | None]) -> Chart | None:
    """Draw the number of students by their marks; None if nobody has one."""
    counts = Counter((round(_WHOLE * share), _WHOLE) for share in shares if share is not None)
    return chart_marks("Students by their marks", counts)


def attempts(cohort: Cohort) -> Chart | None:
    """Draw the attempts over time, passed and not; None if there are none."""
    if not cohort.hours:
        return None
    piece, unit = _piece(cohort.hours)
    names, passed, others = _buckets(cohort.hours, piece)
    chart = draw_stacked_bars(f"Attempts a {unit}", names, {"passed": passed, "not passed": others})
    rows = tuple((name, yes + no, yes) for name, yes, no in zip(names, passed, others, strict=True) if yes or no)
    return Chart(chart, (f"{unit.capitalize()} (UTC)", "Attempts", "Passed"), rows)


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
