"""Bar charts as SVG within a page, without a style or a script of their own: the policy of our pages forbids both.

Colours come from class.css, so that they follow light and dark; every chart stands beside the same as a table.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from backmark.grader.reports.html.markup import Html, element

#: In the units that the page scales; labels are of about its text's size when it is shown as wide as it is here.
_WIDTH, _HEIGHT = 640, 260
#: Around the bars: on the left for the counts, below for the names.
_LEFT, _TOP, _RIGHT, _BELOW = 52, 12, 8, 30
#: Of the width, what a letter of a label takes, and what keeps two labels apart; lines behind the bars, at most.
_LETTER, _APART, _LINES = 8, 14, 5
#: The part of its place that a bar takes.
_FILLED = 0.8


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the same as a table: its header, and rows of a name and numbers."""

    drawing: Html
    header: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


def draw_chart(chart: Chart) -> Html:
    """Return the chart with its table, for whoever cannot see it or wants the numbers."""
    head = (
        element("th", name, scope="col", class_="number" if place else None) for place, name in enumerate(chart.header)
    )
    rows = (element("tr", element("th", str(name), scope="row"), *map(_draw_number, row)) for name, *row in chart.rows)
    table = element("table", element("thead", element("tr", *head)), element("tbody", *rows), class_="table tight")
    numbers = element("details", element("summary", "The numbers"), draw_scrolling("Table", table))
    return element("figure", draw_scrolling("Chart", chart.drawing), element("figcaption", numbers), class_="chart")


def draw_scrolling(name: str, content: Html) -> Html:
    """Return what may be wider than the page, so that it scrolls by itself, also by keys."""
    return element("div", content, class_="scroll", tabindex="0", role="group", aria_label=name)


def draw_bars(title: str, names: Sequence[str], counts: Sequence[int]) -> Html:
    """Draw one bar for each name."""
    return draw_stacked_bars(title, names, {title: counts})


def draw_stacked_bars(title: str, names: Sequence[str], series: Mapping[str, Sequence[int]]) -> Html:
    """Draw bars on one another, the first series at the bottom; each series has a number for each name."""
    marks = _round_counts(max((sum(column) for column in zip(*series.values(), strict=True)), default=0))
    unit = (_HEIGHT - _TOP - _BELOW) / marks[-1]
    place = (_WIDTH - _LEFT - _RIGHT) / max(1, len(names))
    groups = zip(series, _between(series), strict=True)
    parts = [
        *_lines(marks, unit),
        *_labels(names, place),
        *(
            _bars(index, names, name if len(series) > 1 else "", ends, place, unit)
            for index, (name, ends) in enumerate(groups)
        ),
    ]
    view = f"0 0 {_WIDTH} {_HEIGHT}"
    return element("svg", *parts, class_="bars", viewBox=view, role="img", aria_label=title)


def _between(series: Mapping[str, Sequence[int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield for each series the start and end of its part of each bar, in counts."""
    ends = [list(accumulate(counts, initial=0)) for counts in zip(*series.values(), strict=True)]
    for index in range(len(series)):
        yield [(bar[index], bar[index + 1]) for bar in ends]


def _bars(  # noqa: PLR0913 - what a part of a bar says, and where it stands
    index: int, names: Sequence[str], series: str, ends: Sequence[tuple[int, int]], place: float, unit: float
) -> Html:
    rectangles = (
        element(
            "g",
            element("title", f"{name}: {end - start} {series}".strip()),
            element(
                "rect",
                x=f"{_LEFT + place * (at + (1 - _FILLED) / 2):.2f}",
                y=f"{_height(end, unit):.2f}",
                width=f"{place * _FILLED:.2f}",
                height=f"{(end - start) * unit:.2f}",
            ),
        )
        for at, (name, (start, end)) in enumerate(zip(names, ends, strict=True))
        if end > start
    )
    return element("g", *rectangles, class_=f"series-{index}")


def _draw_number(value: str | int) -> Html:
    return element("td", f"{value:,}" if isinstance(value, int) else value, class_="number")


def _height(count: int, unit: float) -> float:
    return _HEIGHT - _BELOW - count * unit


def _lines(marks: Sequence[int], unit: float) -> Iterator[Html]:
    """Yield a line and its number for each round count."""
    for count in marks:
        y = _height(count, unit)
        yield element("path", d=f"M{_LEFT} {y:.2f}H{_WIDTH - _RIGHT}")
        yield element("text", str(count), class_="count", x=_LEFT - 8, y=f"{y + 5:.2f}")


def _labels(names: Sequence[str], place: float) -> Iterator[Html]:
    """Yield as many of the names as fit, at equal distances."""
    longest = max((len(name) for name in names), default=1)
    step = max(1, math.ceil((longest * _LETTER + _APART) / place))
    for at in range(0, len(names), step):
        yield element("text", names[at], class_="name", x=f"{_LEFT + place * (at + 0.5):.2f}", y=_HEIGHT - 9)


def _round_counts(most: int) -> list[int]:
    """Return round whole numbers from zero to `most` or just beyond."""
    rough = max(1.0, most / _LINES)
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [*range(0, step * (math.ceil(max(1, most) / step)) + 1, step)]
