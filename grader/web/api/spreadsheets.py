"""Tables as CSV that a spreadsheet opens and does not run: what would be a formula there is text."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8"

#: Beginnings that spreadsheets take for a formula, also in their wide forms, and white space that they look behind.
_FORMULAS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
#: The same behind what starts another cell where semicolons or tabs divide them, as in much of Europe.
_LATER = re.compile(f"(?:;|(?<!^)[\t\r\n]) *(?=[{re.escape(''.join(_FORMULAS))}])")
#: Rows that go out at once.
_CHUNK = 200

Cell = str | int | None


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A table in pieces, as RFC 4180 has it."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(cell) for cell in row])
        if number % _CHUNK == 0:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()


def harmless(cell: Cell) -> str:
    """A cell as text; with an apostrophe in front where it would be a formula."""
    text = _LATER.sub(r"\g<0>'", "" if cell is None else str(cell))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULAS) else text
