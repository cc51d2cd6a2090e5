"""The results of a counterexample as heat maps: expected, actual and difference beside each other."""

from collections.abc import Sequence

from backmark.grader.reports.html.comparing import Array, Cell
from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.markup import Html, classes, element, join
from backmark.grader.reports.html.presentation import Presentation
from backmark.grader.reports.html.text import number, plural

_READING = "Blue is positive, orange negative; darker is larger. Red frames mark wrong numbers."


def draw_maps(shown: Presentation, headings: Headings) -> Html:
    """Return the section with the arrays that came back: the wrong ones, and below them the right ones, closed."""
    first = join([" The first wrong number is ", element("code", shown.first), "."]) if shown.first else None
    return headings.section(
        "numbers",
        "The results",
        element("p", first, f" {_READING}", class_="quiet"),
        element("div", *(_draw_array(array, headings) for array in shown.off), class_="maps"),
        _draw_fine(shown, headings) if shown.fine else None,
    )


def _draw_fine(shown: Presentation, headings: Headings) -> Html:
    names = join((element("code", array.name) for array in shown.fine), ", ")
    count = plural(len(shown.fine), "result is right", "results are right")
    return element(
        "details",
        element("summary", f"{count}: ", names),
        element("div", *(_draw_array(array, headings) for array in shown.fine), class_="maps"),
        class_="maps-fine",
    )


def _draw_array(array: Array, headings: Headings) -> Html:
    title = headings.minor(element("code", array.name), " ", _draw_count(array))
    expected, actual, difference = (
        _draw_grid(array, name, cells)
        for name, cells in (("expected", array.expected), ("actual", array.actual), ("difference", array.difference))
    )
    if not array.wide:
        row = element("div", expected, actual, difference, class_="map-row")
        return element("article", title, row, class_="card map-card")
    both = element("div", expected, actual, class_="map-row wide")
    details = element("details", element("summary", "Expected and actual"), both)
    return element("article", title, difference, details, class_="card map-card")


def _draw_count(array: Array) -> Html:
    several = f"{array.wrong} of {array.size} wrong" if array.size > 1 else "wrong"
    return element("span", several if array.wrong else "right", class_=f"badge {'bad' if array.wrong else 'good'}")


def _draw_grid(array: Array, title: str, cells: Sequence[Sequence[Cell]]) -> Html:
    rows = (element("tr", *map(_draw_cell, row)) for row in cells)
    table = element(
        "table", element("caption", title), element("tbody", *rows), class_=classes("map", array.wide and "map-wide")
    )
    return element("div", table, class_="scroll", tabindex="0", role="group", aria_label=f"{array.name} {title}")


def _draw_cell(cell: Cell) -> Html:
    wrong = element("span", " wrong", class_="unseen") if cell.wrong else None
    return element("td", number(cell.value), wrong, class_=_shade(cell))


def _shade(cell: Cell) -> str:
    """Return the classes of a heat map's cell."""
    if cell.shade is None:
        level = "lost"
    else:
        level = f"{'minus' if cell.shade < 0 else 'plus'}-{abs(cell.shade)}" if cell.shade else "zero"
    return f"heat-{level} wrong" if cell.wrong else f"heat-{level}"
