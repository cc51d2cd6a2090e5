"""A whole page that is a file: it opens from the disk, and needs nothing beside itself."""

from backmark.grader.reports.html.markup import Html, element, join
from backmark.grader.reports.html.style import style_page

#: The first bytes of each page, by which a report is known that may be replaced.
START = b"<!doctype html>\n<!-- A report of Backmark's -->\n"

#: Were anything on a page taken for a script or a link to elsewhere, no browser would follow it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_page(title: str, content: Html, *styles: str, reading: bool = False) -> bytes:
    """Return the page with style sheets of this package beside those that each page has.

    `reading` keeps its lines short.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        style_page("blocks.css", "page.css", *styles),
    )
    footer = element(
        "footer", element("p", "Backmark compares every derivative with finite differences."), class_="foot"
    )
    body = element("body", element("main", content, class_="reading" if reading else None), footer)
    return START + join([element("html", head, body, lang="en")]).encode()
