"""The student's own line that writes what is the first to differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.model.verdict import FirstDifference
from grader.subjects.networks.diagnosis.place import worded

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
    """The same with the lines that write it, where its list is written in few lines of one cell."""
    if found is None or len(found.lists) != 1:
        return found
    mine = [each for each in written if each.name == found.lists[0]]
    # The entry of the output is often written by a line of its own, above the loop.
    own = [each for each in mine if (each.index in _OUTPUT) == (found.layer == found.depth)]
    # A number for an index is one layer's own, whose entry another line may have written before.
    own = [each for each in own or mine if not each.index.isdecimal()]
    lines = sorted({each.line for each in own})
    cells = {each.cell for each in own}
    own_line = any(each.index == str(found.layer) for each in mine)
    if own_line or len(cells) != 1 or len(lines) > _MOST:
        return found
    return worded(replace(found, cell=cells.pop() or None, lines=tuple(lines)))
