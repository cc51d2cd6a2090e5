"""The student's own line that writes what is the first to differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.model.verdict import FirstDifference

#: How the output's entry of a list is written.
_OUTPUT = frozenset({"K", "-1", "len(all_weights) - 1", "len(all_f) - 1", "len(all_biases) - 1"})
#: Lines that are still worth naming: with more, which of them it is cannot be said.
_MOST = 3


@dataclass(frozen=True, slots=True)
class Written:
    """An assignment to an entry of a list, as it stands in the student's source."""

    name: str
    index: str
    #: From 1 over all cells of the notebook; 0 in a file.
    cell: int
    line: int


def placed(found: FirstDifference | None, written: Sequence[Written]) -> FirstDifference | None:
    """The same with the line in its sentence, where its list is written in few lines of one cell."""
    if found is None:
        return None
    name = found.variable.partition("[")[0]
    mine = [each for each in written if each.name == name]
    # The entry of the output is often written by a line of its own, above the loop.
    own = [each for each in mine if (each.index in _OUTPUT) == (found.layer == found.depth)]
    # A number for an index is one layer's own, whose entry another line may have written before.
    own = [each for each in own or mine if not each.index.isdecimal()]
    if any(each.index == str(found.layer) for each in mine):
        return found
    lines = sorted({each.line for each in own})
    cells = {each.cell for each in own}
    if " and " in found.variable or len(cells) != 1 or len(lines) > _MOST:
        return found
    place = _said(lines, cells.pop())
    message = found.message.replace(f"{found.variable} is", f"{found.variable}, {place}, is", 1)
    return replace(found, message=message)


def _said(lines: list[int], cell: int) -> str:
    *first, last = map(str, lines)
    where = f"lines {', '.join(first)} and {last}" if first else f"line {last}"
    return f"{where} of cell {cell}" if cell else where
