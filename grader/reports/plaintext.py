"""A student's text, made harmless wherever it is shown: on a terminal, and on a page."""

import unicodedata

#: The categories of characters that command a terminal, turn the order of letters about, have no glyph, or end a line
#: unseen.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str) -> str:
    """Return the text with control, format and surrogate characters as escapes; line breaks and tabs stay."""
    return "".join(
        char
        if char in "\n\t" or unicodedata.category(char) not in _UNSEEN
        else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def sentence(text: str) -> str:
    """Return the text with a full stop at its end, and only one."""
    ended = text.rstrip()
    return ended if ended.endswith((".", "!", "?")) else f"{ended}."


def upper_first(text: str) -> str:
    """Return the text with a capital at its beginning."""
    return f"{text[:1].upper()}{text[1:]}"


def cap(text: str, *, lines: int, characters: int) -> str:
    """Return at most this many lines of at most this many characters each, made plain, with a note of what was cut."""
    # Cut before anything looks at each character: a line may have millions.
    rows = text[: lines * (characters + 1) * 2].replace("\r\n", "\n").split("\n")
    visible = [_line(row, characters) for row in rows[:lines]]
    if len(rows) > lines or len(text) > lines * (characters + 1) * 2:
        visible.append("… and more, which is not shown here")
    return "\n".join(visible)


def _line(row: str, characters: int) -> str:
    return plain(row) if len(row) <= characters else f"{plain(row[:characters])} … (cut)"
