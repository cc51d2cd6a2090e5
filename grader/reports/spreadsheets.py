"""CSV tables that are safe to open in a spreadsheet: cells that would be formulas become text."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8"

#: Characters that start a formula in spreadsheets, also in their full-width forms, and white space before them.
_FORMULAS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
#: The same after a semicolon, tab or line break, which starts a new cell in some locales.
_LATER = re.compile(f"(?:;|(?<!^)[\t\r\n]) *(?=[{re.escape(''.join(_FORMULAS))}])")
#: Rows sent at once.
_CHUNK = 200

Cell = str | int | None


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a table in pieces, in the format of RFC 4180."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([escape_cell(cell) for cell in row])
        if number % _CHUNK == 0:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()


def escape_cell(cell: Cell) -> str:
    """Return a cell as text, with an apostrophe before anything that would start a formula."""
    text = _LATER.sub(r"\g<0>'", "" if cell is None else str(cell))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULAS) else text
