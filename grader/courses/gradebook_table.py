"""A CSV file in which cells are replaced and all others stay as they are, byte for byte."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from backmark.grader.errors import BackmarkError

#: The marks at the start of a file that name its encoding.
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: The characters that separate cells; of two that are as frequent in the header, the first.
_DELIMITERS = (",", ";", "\t")
#: The first line by which a spreadsheet is told what separates cells; it is no row.
_NAMED_DELIMITER = re.compile(r'("?)sep=(?P<delimiter>[^\r\n]?)\1(?:\r\n|\r|\n)', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')


class GradebookError(BackmarkError):
    """A table is not what it should be, or does not hold what is looked for; the message says what to do."""


class NotEncodable(GradebookError):
    """A text has a character that the file's encoding does not have."""

    def __init__(self, character: str) -> None:
        super().__init__(f"it is not UTF-8, and cannot hold {character!r}. Save it as UTF-8")


@dataclass(frozen=True, slots=True)
class TableCell:
    """The text of a cell, and the place of its characters, quotes included, in the file's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GradebookTable:
    """The rows of a CSV file, and what is needed to write it as it was."""

    rows: tuple[tuple[TableCell, ...], ...]
    delimiter: str
    _text: str
    _mark: bytes
    _encoding: str

    @classmethod
    def read(cls, data: bytes) -> "GradebookTable":
        """Read a file with its own encoding, delimiter, quotes and line ends; raise GradebookError if it is no CSV."""
        text, mark, encoding = _decode(data)
        if "\0" in text:
            raise GradebookError(
                "it is not a CSV file, since it contains zero bytes. Export it as CSV, not as a spreadsheet"
            )
        delimiter, start = find_delimiter(text)
        return cls(tuple(_read_rows(text, delimiter, start)), delimiter, text, mark, encoding)

    def texts(self, row: int) -> list[str]:
        """Return the texts of a row, without blanks around them."""
        return [cell.text.strip() for cell in self.rows[row]]

    def replace(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """Return the file with other texts in these cells (row, column), each quoted as the cell was.

        Raises NotEncodable if the file's encoding cannot write one of them.
        """
        pieces, position = [], 0
        for row, column in sorted(changes):
            cell = self.rows[row][column]
            quoted = self._text.startswith('"', cell.start)
            pieces += [self._text[position : cell.start], self._quote(changes[row, column], quoted=quoted)]
            position = cell.end
        try:
            return self._mark + "".join([*pieces, self._text[position:]]).encode(self._encoding)
        except UnicodeEncodeError as error:
            raise NotEncodable(error.object[error.start]) from error

    def _quote(self, text: str, *, quoted: bool) -> str:
        if quoted or any(character in text for character in (self.delimiter, '"', "\r", "\n")):
            return '"' + text.replace('"', '""') + '"'
        return text


def _decode(data: bytes) -> tuple[str, bytes, str]:
    """Return text, byte order mark and encoding, such that they make the same bytes again."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.removeprefix(mark).decode(encoding), mark, encoding
            except UnicodeDecodeError as error:
                message = (
                    f"it is not a CSV file: it begins as {encoding.upper()}, but its byte {error.start} is "
                    f"not {encoding.upper()}"
                )
                raise GradebookError(message) from error
    try:
        return data.decode(), b"", "utf-8"
    except UnicodeDecodeError:
        # Every byte is a character of it: names may look odd in a message, and are written as they were.
        return data.decode("latin-1"), b"", "latin-1"


def find_delimiter(text: str) -> tuple[str, int]:
    """Return the character that separates cells, and where the header begins: after a line such as `sep=;`.

    Raises GradebookError if that line names a character that separates no cells.
    """
    named = _NAMED_DELIMITER.match(text)
    if named is not None:
        if named["delimiter"] not in _DELIMITERS:
            message = f"its first line is {named[0].strip()!r}; only a comma, a semicolon or a tab may separate cells"
            raise GradebookError(message)
        return named["delimiter"], named.end()
    header = "".join(takewhile(lambda character: character not in "\r\n", _QUOTED.sub("", text)))
    return max(_DELIMITERS, key=header.count), 0


def _read_rows(text: str, delimiter: str, position: int) -> Iterator[tuple[TableCell, ...]]:
    """Yield each row from `position` on that has any text."""
    rest_of_cell = re.compile(f"[^{delimiter}\r\n]*+")
    while position < len(text):
        row = []
        while True:
            cell = _read_cell(text, position, rest_of_cell)
            row.append(cell)
            if not text.startswith(delimiter, cell.end):
                break
            position = cell.end + len(delimiter)
        end_of_line = _LINE_END.match(text, cell.end)
        position = end_of_line.end() if end_of_line else cell.end
        if any(cell.text.strip() for cell in row):
            yield tuple(row)


def _read_cell(text: str, start: int, rest_of_cell: re.Pattern[str]) -> TableCell:
    """Return the cell that starts here. After a closing quote, text up to the delimiter is part of the cell."""
    content, position = "", start
    if text.startswith('"', start):
        quoted = _QUOTED.match(text, start)
        if quoted is None:
            message = f"line {len(_LINE_END.findall(text, 0, start)) + 1} has a quotation mark that is never closed"
            raise GradebookError(message)
        content, position = quoted[0][1:-1].replace('""', '"'), quoted.end()
    rest = rest_of_cell.match(text, position)
    end = rest.end() if rest else position
    return TableCell(content + text[position:end], start, end)
