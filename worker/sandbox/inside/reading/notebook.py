"""From a notebook's JSON to its code cells."""

import json
from dataclasses import dataclass
from typing import Any

from .encoding import decode_json
from .rejection import Rejected, quote

#: Characters of a cell's first line that are shown beside its number.
_BEGINNING = 40


@dataclass(frozen=True, slots=True)
class NotebookCell:
    """A code cell; `number` counts code cells from 1, as a reader does: text cells are not counted.

    Also a file of a package, with its path.
    """

    number: int
    text: str
    name: str = ""
    #: Its number among all cells of the notebook, from 1; 0 for a file.
    position: int = 0


def load(source: bytes, *, named: bool) -> dict[str, Any] | None:
    """Return the notebook, or None for a file that is none and, not `named` .ipynb, need not be one."""
    if not named and not source.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return None
    try:
        # Nothing here needs numbers, and an integer of 5,000 digits would raise.
        document = json.loads(decode_json(source), parse_int=float)
    except json.JSONDecodeError as error:
        if not named:
            return None
        raise _none(
            f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg}). "
            "Download it again from Jupyter or Colab, or rename a Python file to .py",
            (0, error.lineno),
        ) from None
    except Rejected:
        if not named:
            return None
        raise
    if not isinstance(document, dict):
        raise _none("it is JSON without cells. Hand in the .ipynb file as Jupyter or Colab saves it")
    return document


def code_cells(document: dict[str, Any]) -> list[NotebookCell]:
    """List the code cells of nbformat 4 (`cells`) or 3 (`worksheets`), in order."""
    cells = [cell for group in _groups(document) for cell in _list(group.get("cells", []), "its `cells`")]
    code: list[NotebookCell] = []
    for position, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            raise _none(f"its cell {position} is not an object. Hand in the .ipynb file as Jupyter or Colab saves it")
        if cell.get("cell_type") == "code":
            code.append(NotebookCell(len(code) + 1, _text(cell, position), position=position))
    return code


def find_beginning(text: str) -> str:
    """Return the first line of a cell that is not empty, printable and cut, by which a reader finds the cell."""
    line = text.lstrip().partition("\n")[0].rstrip().replace("`", "'")
    return quote(line if len(line) <= _BEGINNING else f"{line[: _BEGINNING - 3].rstrip()}...")


def _groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    if "cells" in document:
        return [document]
    if "worksheets" in document:
        return [sheet for sheet in _list(document["worksheets"], "its `worksheets`") if isinstance(sheet, dict)]
    keys = ", ".join(quote(key[:30]) for key in list(document)[:5]) or "nothing"
    raise _none(f"it has no `cells` (found: {keys}). Hand in the .ipynb file as Jupyter or Colab saves it")


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _none(f"{name} are not a list. Hand in the .ipynb file as Jupyter or Colab saves it")
    return value


def _text(cell: dict[str, Any], position: int) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    if not isinstance(source, str):
        raise _none(f"the source of its cell {position} is not text. Save the notebook again in Jupyter or Colab")
    return source


def _none(why: str, *lines: tuple[int, int]) -> Rejected:
    return Rejected("not_a_notebook", f"The file is not a notebook: {why}.", lines)
