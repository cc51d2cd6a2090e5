"""HTML as text of its own type: an element escapes every text that is put into it, and takes HTML as it is."""

from collections.abc import Iterable
from html import escape
from typing import Self

#: Elements that end a line, so that a page's source can be read. Around them a space means nothing.
_BLOCKS = frozenset(
    {
        *("article", "body", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer", "g"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "html", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "style", "summary", "svg", "table", "tbody", "td", "th", "thead", "title", "tr", "ul"),
    }
)
#: Elements that hold nothing.
_EMPTY = frozenset({"br", "circle", "line", "meta", "path", "rect"})

#: The value of an attribute: None and False leave it out, and True writes its name alone.
Value = str | float | None


class Html(str):
    """Text that is HTML: what had to be escaped in it was."""

    __slots__ = ()

    def __html__(self) -> Self:
        """Return itself: templates take it as it is."""
        return self


def element(tag: str, *children: str | None, **attributes: Value) -> Html:
    """Return an element; None stands for no child.

    The name of an attribute is written with `_` for `-`; one that is a word of Python's has a `_` at its end.
    """
    start = f"<{tag}{''.join(map(_write_attribute, attributes, attributes.values()))}"
    if tag in _EMPTY:
        # HTML ends them without the slash, SVG does not.
        return Html(f"{start}/>")
    end = "\n" if tag in _BLOCKS else ""
    return Html(f"{start}>{join(children)}</{tag}>{end}")


def join(parts: Iterable[str | None], separator: str = "") -> Html:
    """Return texts and HTML one after the other; None stands for nothing."""
    written = (part if isinstance(part, Html) else escape(part) for part in parts if part is not None)
    return Html(escape(separator).join(written))


def classes(*names: str | bool | None) -> str | None:
    """Return the value of the attribute `class`, without what is empty or false; None if nothing is left."""
    return " ".join(name for name in names if isinstance(name, str) and name) or None


def _write_attribute(name: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value))}"'
