"""The student's own line that writes what is the first to differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.model.verdict import FirstDifference
from grader.subjects.networks.diagnosis.place import add_sentence

#: How the output's entry of a list is written.
_OUTPUT = frozenset({"K", "-1", "len(all_weights) - 1", "len(all_f) - 1", "len(all_biases) - 1"})
#: Names in an index, and those that are the same in every layer.
_NAME = re.compile(r"[A-Za-z_]\w*")
_FIXED = frozenset({"K", "len", "all_weights", "all_biases", "all_f", "all_h"})
#: Lines that are still worth naming: with more, which of them it is cannot be said.
_MOST = 3


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """An assignment to an entry of a list, as it stands in the student's source."""

    name: str
    index: str
    #: From 1 over all cells of the notebook; 0 in a file.
    cell: int
    line: int


def add_lines(first: FirstDifference | None, written: Sequence[WrittenEntry]) -> FirstDifference | None:
    """Add the lines that write the list, if it is written in few lines of one cell."""
    if first is None or len(first.lists) != 1:
        return first
    mine = [line for line in written if line.name == first.lists[0]]
    # The entry of the output is often written by a line of its own, above the loop.
    at_output = first.layer == first.depth
    own = [line for line in mine if (line.index in _OUTPUT) == at_output]
    # A line of the output's own writes no other layer's entry. A number for an index is one layer's own, whose entry
    # another line may have written before.
    own = [line for line in own or (mine if at_output else []) if not line.index.isdecimal()]
    lines = sorted({line.line for line in own})
    cells = {line.cell for line in own}
    own_line = any(line.index == str(first.layer) for line in mine)
    # A loop may come to the output, too, and write there what the output's own line wrote before.
    again = at_output and any(
        line.index.isidentifier() for line in mine if line.index not in _OUTPUT and line not in own
    )
    # Of two ways to write the index, one may be that of other layers.
    ways = {line.index if at_output and line.index not in _OUTPUT else _find_counters(line.index) for line in own}
    if own_line or again or len(cells) != 1 or len(lines) > _MOST or len(ways) > 1:
        return first
    return add_sentence(replace(first, cell=cells.pop() or None, lines=tuple(lines)))


def _find_counters(index: str) -> frozenset[str]:
    """The names in an index that count layers."""
    return frozenset(_NAME.findall(index)) - _FIXED
