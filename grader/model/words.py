"""Lists in sentences."""

from collections.abc import Iterable


def join_words(texts: Iterable[str]) -> str:
    """Return texts as a list in a sentence: "a, b and c"; empty for none."""
    *others, last = [*texts] or [""]
    return f"{', '.join(others)} and {last}" if others else last
