"""The style of verdicts: for a page of its own, and so that it touches nothing else in a notebook's page."""

from functools import cache
from pathlib import Path

from backmark.grader.reports.html.markup import Html, element

#: The folder of the style sheets.
STYLES = Path(__file__).with_name("styles")


@cache
def read_style(*names: str) -> str:
    """Return style sheets of this folder, one after the other."""
    return "\n".join((STYLES / name).read_text(encoding="utf-8") for name in names)


@cache
def style_page(*names: str) -> Html:
    """Return the element with style sheets, for a page of our own."""
    return element("style", Html(read_style(*names)))


@cache
def style_fragment() -> Html:
    """Return the element with the style of verdicts within `.backmark`, and of nothing else on the page."""
    rules = read_style("blocks.css", "verdict.css").replace(":root", "&")
    return element("style", Html(f"{read_style('notebook.css')}.backmark.backmark {{\n{rules}}}\n"))
