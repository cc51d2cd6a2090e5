"""The marks of a class as a chart, and shares of it in per cent."""

import math
from collections import Counter
from collections.abc import Mapping

from backmark.grader.reports.html.charts import Chart, draw_bars

#: Marks up to which each number has a bar of its own; beyond, or if their maximum differs, tenths do.
_SINGLY = 24


def chart_marks(title: str, students: Mapping[tuple[int, int], int]) -> Chart | None:
    """Draw how many students have each marks of a maximum; None if there are none."""
    if not students:
        return None
    most = {maximum for _, maximum in students}
    if len(most) == 1 and max(most) <= _SINGLY:
        names, counts = _singly(students, max(most))
    else:
        names, counts = _tenths(students)
    return Chart(draw_bars(title, names, counts), ("Marks", "Students"), tuple(zip(names, counts, strict=True)))


def share(part: int, whole: int) -> int:
    """Return a percentage for people: never 0 for a part that is not empty, never 100 for less than the whole."""
    if not part or not whole:
        return 0
    return 100 if part >= whole else min(99, max(1, round(100 * part / whole)))


def _singly(students: Mapping[tuple[int, int], int], most: int) -> tuple[list[str], list[int]]:
    counts = Counter[int]()
    for (score, _), number in students.items():
        counts[min(max(score, 0), most)] += number
    return [str(score) for score in range(most + 1)], [counts[score] for score in range(most + 1)]


def _tenths(students: Mapping[tuple[int, int], int]) -> tuple[list[str], list[int]]:
    counts = [0] * 11
    for (score, maximum), number in students.items():
        counts[math.floor(10 * min(1.0, score / max(1, maximum)))] += number
    return [*(f"{10 * tenth}-{10 * tenth + 9}%" for tenth in range(10)), "100%"], counts
