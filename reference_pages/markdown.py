"""The parts of Markdown that the pages are made of."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
#: Characters of a line of prose.
WIDTH = 120


def paragraphs(text: str) -> str:
    """Return the paragraphs of a docstring or a help text, each filled anew, with a blank line after it."""
    parts = re.split(r"\n\s*\n", text.replace("\b", "").strip())
    return "".join(f"{fill(part)}\n\n" for part in parts if part.strip())


def fill(text: str) -> str:
    """Return a paragraph in lines of the docs' width."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a blank line after it; nothing if it has no rows."""
    lines = [f"| {' | '.join(_cell(cell) for cell in row)} |\n" for row in rows]
    head = f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"
    return f"{head}{''.join(lines)}\n" if lines else ""


def code(*names: object) -> str:
    """Return each as code, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
