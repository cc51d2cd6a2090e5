"""Charts hold nothing that the policy of our pages forbids, and say the same to who cannot see them."""

from xml.etree import ElementTree as ET

import pytest

from backmark.grader.reports.html import charts
from backmark.grader.reports.html.distribution import share
from backmark.grader.store.cohorts import Cohort, CohortMistake, Hour
from backmark.grader.web.pages import cohorts
from tests.hashes import print_by_hashes


def tree(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314 - drawn by us


def texts(drawing: str) -> list[str]:
    """Return the texts of a chart, such as the labels of its axes."""
    return [element.text or "" for element in tree(drawing).iter("text")]


def titles(drawing: str) -> list[str]:
    """Return the titles of a chart's bars."""
    return [element.text or "" for element in tree(drawing).iter("title")]


def test_a_chart_has_no_style_and_no_script() -> None:
    drawing = charts.draw_stacked_bars("Attempts", ["1 Nov", "2 Nov"], {"passed": [1, 2], "not passed": [3, 0]})
    for markup in ("<style", "<script", "style=", "onload", "href", "<!--"):
        assert markup not in drawing
    assert tree(drawing).get("aria-label") == "Attempts"
    assert "id" not in tree(drawing).attrib


def test_a_name_is_text() -> None:
    drawing = charts.draw_bars("<b>", ["<script>alert(1)</script>"], [1])
    assert "<script>" not in drawing
    assert "<b>" not in drawing
    assert titles(drawing) == ["<script>alert(1)</script>: 1"]


def test_each_bar_says_what_it_is() -> None:
    drawing = charts.draw_stacked_bars("Attempts", ["a", "b"], {"passed": [1, 2], "not passed": [3, 0]})
    assert titles(drawing) == ["a: 1 passed", "b: 2 passed", "a: 3 not passed"]


def test_bars_stand_on_one_another() -> None:
    drawing = charts.draw_stacked_bars("Attempts", ["a", "b"], {"passed": [1, 2], "not passed": [3, 1]})
    parts = [
        {name: float(element.get(name, "nan")) for name in ("x", "y", "height")}
        for element in tree(drawing).iter("rect")
    ]
    lower_parts, upper_parts = parts[:2], parts[2:]
    for lower, upper in zip(lower_parts, upper_parts, strict=True):
        assert lower["x"] == upper["x"]
        assert upper["y"] + upper["height"] == pytest.approx(lower["y"], abs=0.02)
    assert lower_parts[1]["height"] == pytest.approx(2 * lower_parts[0]["height"], abs=0.02)


def test_the_same_is_drawn_the_same() -> None:
    """In any process, whatever the order of its sets."""
    program = """
from backmark.grader.reports.html import charts
print(charts.draw_stacked_bars("Attempts", ["a", "b"], {"passed": [1, 2], "failed": [3, 0], "error": [1, 1]}))
"""
    (drawing,) = print_by_hashes(program)
    assert titles(drawing)[0] == "a: 1 passed"


@pytest.mark.parametrize(
    ("maximum", "last"), [(0, "1"), (1, "1"), (7, "8"), (40, "40"), (41, "50"), (333, "400"), (10_000, "10000")]
)
def test_the_axis_has_few_whole_numbers(maximum: int, last: str) -> None:
    marks = [label for label in texts(charts.draw_bars("Marks", ["x"], [maximum])) if label != "x"]
    assert marks[0] == "0"
    assert marks[-1].replace(",", "") == last
    assert 2 <= len(marks) <= 7


def test_of_many_names_as_many_are_written_as_fit() -> None:
    labels = [
        label
        for label in texts(charts.draw_bars("Days", [f"day {at:04}" for at in range(400)], [1] * 400))
        if "day" in label
    ]
    assert 3 < len(labels) < 10


def cohort(hours: tuple[Hour, ...] = ()) -> Cohort:
    return Cohort({}, hours, (CohortMistake("a", "A", 1, 1),))


def test_nothing_is_drawn_of_nothing() -> None:
    assert cohorts.marks([None]) is None
    assert cohorts.attempts(cohort()) is None


def test_marks_are_counted_in_tenths_and_full_marks_by_themselves() -> None:
    chart = cohorts.marks([0.0, 0.299, 0.3, 0.99994, 0.99996, 1.0, None])
    assert chart is not None
    assert [row for row in chart.rows if row[1]] == [
        ("0-9%", 1),
        ("20-29%", 1),
        ("30-39%", 1),
        ("90-99%", 1),
        ("100%", 2),
    ]


@pytest.mark.parametrize(
    ("span", "title"),
    [
        (0, "Hour (UTC)"),
        (47, "Hour (UTC)"),
        (49, "Day (UTC)"),
        (24 * 60, "Week (UTC)"),
        (24 * 3650, "Four weeks (UTC)"),
    ],
)
def test_time_is_divided_so_that_there_are_few_bars(span: int, title: str) -> None:
    start = 1_800_000_000 - 1_800_000_000 % 3600
    hours = (Hour(start, 3, 1), Hour(start + 3600.0 * span, 2, 2)) if span else (Hour(start, 5, 3),)
    chart = cohorts.attempts(cohort(hours=hours))
    assert chart is not None
    assert chart.header[0] == title
    assert 0 < chart.drawing.count("<rect") <= 2 * 200
    assert sum(int(row[1]) for row in chart.rows) == 5


def test_a_share_is_never_nothing_of_something_nor_all_of_less() -> None:
    assert [share(*numbers) for numbers in ((0, 9), (1, 900), (899, 900), (9, 9), (1, 3), (0, 0))] == [
        0,
        1,
        99,
        100,
        33,
        0,
    ]
