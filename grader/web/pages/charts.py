"""Bar charts as SVG within a page, without a style or a script: the policy of our pages forbids both.

Colours come from the style sheet, so that they follow light and dark; every chart stands beside the same as a table.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from markupsafe import Markup

#: In the units that the page scales; labels are of about its text's size when it is shown as wide as it is here.
_WIDTH, _HEIGHT = 640, 260
#: Around the bars: on the left for the counts, below for the names.
_LEFT, _TOP, _RIGHT, _BELOW = 52, 12, 8, 30
#: Of the width, what a letter of a label takes, and what keeps two labels apart; lines behind the bars, at most.
_LETTER, _APART, _LINES = 8, 14, 5
#: The part of its place that a bar takes.
_FILLED = 0.8


def draw_bars(title: str, names: Sequence[str], counts: Sequence[int]) -> Markup:
    """Draw one bar for each name."""
    return draw_stacked_bars(title, names, {title: counts})


def draw_stacked_bars(title: str, names: Sequence[str], series: Mapping[str, Sequence[int]]) -> Markup:
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
    view = Markup('viewBox="0 0 {} {}" role="img" aria-label="{}"').format(_WIDTH, _HEIGHT, title)
    return Markup('<svg class="bars" {}>{}</svg>').format(view, Markup("").join(parts))


def _between(series: Mapping[str, Sequence[int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield for each series the start and end of its part of each bar, in counts."""
    ends = [list(accumulate(counts, initial=0)) for counts in zip(*series.values(), strict=True)]
    for index in range(len(series)):
        yield [(bar[index], bar[index + 1]) for bar in ends]


def _bars(  # noqa: PLR0913 - what a part of a bar says, and where it stands
    index: int, names: Sequence[str], series: str, ends: Sequence[tuple[int, int]], place: float, unit: float
) -> Markup:
    rectangle = Markup('<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"><title>{}</title></rect>')
    rectangles = [
        rectangle.format(
            _LEFT + place * (at + (1 - _FILLED) / 2),
            _height(end, unit),
            place * _FILLED,
            (end - start) * unit,
            f"{name}: {end - start} {series}".strip(),
        )
        for at, (name, (start, end)) in enumerate(zip(names, ends, strict=True))
        if end > start
    ]
    return Markup('<g class="series-{}">{}</g>').format(index, Markup("").join(rectangles))


def _height(count: int, unit: float) -> float:
    return _HEIGHT - _BELOW - count * unit


def _lines(marks: Sequence[int], unit: float) -> Iterator[Markup]:
    """Yield a line and its number for each round count."""
    line = Markup('<path d="M{} {:.2f}H{}"/><text class="count" x="{}" y="{:.2f}">{}</text>')
    for count in marks:
        y = _height(count, unit)
        yield line.format(_LEFT, y, _WIDTH - _RIGHT, _LEFT - 8, y + 5, count)


def _labels(names: Sequence[str], place: float) -> Iterator[Markup]:
    """Yield as many of the names as fit, at equal distances."""
    longest = max((len(name) for name in names), default=1)
    step = max(1, math.ceil((longest * _LETTER + _APART) / place))
    label = Markup('<text class="name" x="{:.2f}" y="{}">{}</text>')
    for at in range(0, len(names), step):
        yield label.format(_LEFT + place * (at + 0.5), _HEIGHT - 9, names[at])


def _round_counts(most: int) -> list[int]:
    """Return round whole numbers from zero to `most` or just beyond."""
    rough = max(1.0, most / _LINES)
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [*range(0, step * (math.ceil(max(1, most) / step)) + 1, step)]
