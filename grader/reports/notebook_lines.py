"""The lines of a notebook's file at which the lines of its cells stand."""

import json
from collections.abc import Mapping

#: Bytes of a notebook above which no line is looked for.
_MOST = 4 << 20


def find_lines(source: bytes) -> Mapping[tuple[int, int], int]:
    """Return the line of the file, from 1, by the number of a cell over all cells, and a line in it.

    It is empty for what is no notebook, and lacks cells that are not written one line of code on a line, as all
    notebooks are that Jupyter, Colab and VS Code save.
    """
    try:
        text = source[: _MOST + 1].decode()
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    rows = [row.strip().removesuffix(",") for row in text.split("\n")]
    places: dict[tuple[int, int], int] = {}
    start = 0
    for number, lines in enumerate(sources, 1):
        if isinstance(lines, list) and lines and (found := _find_block(rows, lines, start)) is not None:
            start = found + len(lines)
            places |= {(number, index + 1): found + index + 1 for index in range(len(lines))}
    return places


def _find_block(rows: list[str], lines: list[object], start: int) -> int | None:
    """Return the first row, from a start on, at which these lines stand below each other."""
    wanted = [{json.dumps(line), json.dumps(line, ensure_ascii=False)} for line in lines]
    for row in range(start, len(rows) - len(lines) + 1):
        if rows[row] in wanted[0] and all(rows[row + index] in texts for index, texts in enumerate(wanted)):
            return row
    return None
