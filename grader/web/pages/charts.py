"""Charts as SVG within a page: pygal draws them, and what the policy of our pages forbids is taken out.

Colours come from the style sheet, so that they follow light and dark; every chart stands beside the same as a table.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pygal  # type: ignore[import-untyped]  # it has no annotations
from markupsafe import Markup
from pygal.style import Style  # type: ignore[import-untyped]  # the same

#: In the units that the page scales; labels are of about its text's size where it is shown as wide as it is here.
_WIDTH, _HEIGHT, _FONT = 640, 260, 14
#: Of the width, what a letter of a label takes, and what keeps two labels apart; lines behind the bars, at most.
_LETTER, _APART, _LINES = 8, 14, 5
#: What pygal writes for its own script and style: inline, which our policy forbids.
_FORBIDDEN = frozenset({"defs", "style", "script"})


def bars(title: str, names: Sequence[str], counts: Sequence[int]) -> Markup:
    """One bar for each name."""
    return stacked(title, names, {title: counts})


def stacked(title: str, names: Sequence[str], series: Mapping[str, Sequence[int]]) -> Markup:
    """Bars on one another, the first series below; as many numbers in each as there are names."""
    chart: Any = pygal.StackedBar(
        width=_WIDTH,
        height=_HEIGHT,
        css=[],
        js=[],
        style=Style(label_font_size=_FONT, major_label_font_size=_FONT),
        show_legend=False,
        margin=8,
        explicit_size=False,
        disable_xml_declaration=True,
        show_minor_x_labels=False,
        # Whole: what does not fit is left out by us.
        truncate_label=-1,
    )
    most = max((sum(each) for each in zip(*series.values(), strict=True)), default=0)
    chart.x_labels = [*names]
    chart.x_labels_major = _spread(names)
    chart.y_labels = _marks(most)
    for name, counts in series.items():
        chart.add(name, [*counts])
    return _drawn(chart.render_tree(), title, [*series])


def _spread(names: Sequence[str]) -> list[str]:
    """Some of them, as far from each other as each other."""
    longest = max((len(each) for each in names), default=1)
    step = max(1, math.ceil(len(names) * (longest * _LETTER + _APART) / _WIDTH))
    return [*names[::step]]


def _marks(most: int) -> list[int]:
    """Round whole numbers from zero to `most` or just beyond."""
    rough = max(1.0, most / _LINES)
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 5, 10) if size * each >= rough)
    return [*range(0, step * (math.ceil(max(1, most) / step)) + 1, step)]


def _drawn(tree: ET.Element, title: str, series: Sequence[str]) -> Markup:
    """Without what is forbidden or of no use without pygal's script; its tooltips as titles that browsers show."""
    for parent in [*tree.iter()]:
        for child in [*parent]:
            if not isinstance(child.tag, str) or child.tag in _FORBIDDEN or _overlay(child):
                parent.remove(child)
        parent.attrib.pop("style", None)
    for index, group in enumerate(_classed(tree, "series")):
        for bar in _classed(group, "bar"):
            _named(bar, series[index] if len(series) > 1 else "")
    for guide in _classed(tree, "guides"):
        for each in guide.findall("title"):
            guide.remove(each)
    for each in tree.findall("title"):
        tree.remove(each)
    del tree.attrib["id"]
    tree.attrib |= {"role": "img", "aria-label": title}
    return Markup(ET.tostring(tree, encoding="unicode"))  # noqa: S704 - texts were escaped by the serialiser


def _classed(tree: ET.Element, name: str) -> Iterator[ET.Element]:
    return (each for each in tree.iter("g") if name in each.get("class", "").split())


def _overlay(element: ET.Element) -> bool:
    return any(each.endswith("overlay") for each in element.get("class", "").split())


def _named(bar: ET.Element, series: str) -> None:
    """What pygal's tooltip would say."""
    said = {each.get("class"): each.text or "" for each in bar.findall("desc")}
    for each in bar.findall("desc"):
        bar.remove(each)
    title = ET.SubElement(bar, "title")
    title.text = f"{said.get('x_label', '')}: {said.get('value', '')} {series}".strip()
