"""The kept statements written out as one program whose lines know where the student wrote them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType

from backmark.worker.sandbox.inside.entry import Entry

from .parameters import ExtraParameters
from .slicing import Program, Statement
from .syntax import Piece
from .writes import Write

#: Holds the value of a name of ours while a student's statement that binds it along with others runs.
_SAVED = "_backmark_{}"

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the program: what is executed, and the student's line that it comes from."""

    code: str
    piece: Piece
    number: int
    #: The statement that it belongs to, where that is kept on trial.
    trial: Statement | None = None


@dataclass(frozen=True, slots=True)
class SlicePart:
    """Lines of the slice that are executed together."""

    compiled: CodeType
    #: The one statement that they are, where an exception in it is no fault of the submission.
    trial: Statement | None = None
    #: Their text, behind as many empty lines as there are lines before them.
    code: str = ""


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A file of a package that can be imported, and what is executed of it then."""

    #: The names by which it is imported: from the package's folder, and from that of the graded file.
    names: tuple[str, ...]
    #: True for an `__init__.py`.
    is_package: bool
    parts: tuple[SlicePart, ...] = ()
    #: Why it cannot be executed; empty if it can.
    fault: str = ""


@dataclass(frozen=True, slots=True)
class WholeSubmission:
    """A submission as it was read: its statements, the entry, and each piece's lines as they were parsed."""

    program: Program
    entry: Entry
    parsed: Mapping[int, list[str]]


@dataclass(frozen=True, slots=True)
class Slice:
    """The code that is executed: run `parts` with the given names among their globals; they define the function."""

    code: str
    parts: tuple[SlicePart, ...]
    #: Of the graded definition's syntax tree, the same on every Python version.
    fingerprint: str
    #: For each line of `code` where the student wrote it, and what stands there.
    places: tuple[str, ...]
    texts: tuple[str, ...]
    #: Cells left out since they are not Python, as "line 2 of code cell 7: invalid syntax".
    left_out: tuple[str, ...] = ()
    #: The cell and the line that each of them names.
    left_out_at: tuple[tuple[int, int], ...] = ()
    #: The places at which it writes the lists that the entry names.
    writes: tuple[Write, ...] = ()
    #: For each line of `code` the cell (0 in a file) and the line in it.
    origins: tuple[tuple[int, int], ...] = ()
    #: By a function its parameters that the lines that call supply no value for: they are given by name.
    extra: Mapping[str, ExtraParameters] = field(default_factory=dict)
    #: The files beside it that it may import, and True if it came in a package, with such files or without.
    modules: tuple[ModuleFile, ...] = ()
    packaged: bool = False
    #: Statements that are not executed; and those of them that would be, but call a graded function.
    omitted: tuple[Statement, ...] = ()
    refused: frozenset[Statement] = frozenset()
    #: The whole submission, of which other functions may be asked about.
    whole: "WholeSubmission | None" = None
    #: Characters of `code` that are numbers, texts and bytes.
    literals: int = 0

    def origin(self, lineno: int) -> tuple[int, int]:
        """Return the cell (0 in a file) and the line where the student wrote line `lineno` of `code`."""
        return self.origins[lineno - 1]

    def spot(self, lineno: int) -> tuple[int, int] | None:
        """Return the cell and the line in it, or None for a line outside of `code`."""
        return self.origins[lineno - 1] if 0 < lineno <= len(self.origins) else None

    def place(self, lineno: int) -> str:
        """Say where line `lineno` of `code` (1 is the first) stands, such as "line 31 of code cell 9 (begins `x`)"."""
        return self.places[lineno - 1] if 0 < lineno <= len(self.places) else "a line outside of the submission"

    def text(self, lineno: int) -> str:
        """Return the student's own line, printable and cut to a readable length; empty outside of it all."""
        return self.texts[lineno - 1] if 0 < lineno <= len(self.texts) else ""


def listing(
    statements: list[Statement],
    trial: set[int],
    parsed: Mapping[int, list[str]],
    used: frozenset[str],
    fixed: frozenset[str],
) -> list[Line]:
    """Write the program; `trial` are places in `statements`, `parsed` are each piece's lines as they were parsed.

    `fixed` are names that keep our value, whatever is bound.
    """
    lines: list[Line] = []
    for place, statement in enumerate(statements):
        lines.extend(_write_lines(statement, parsed[statement.piece.cell], used, fixed, on_trial=place in trial))
    return lines


def _write_lines(
    statement: Statement, parsed: list[str], used: frozenset[str], fixed: frozenset[str], *, on_trial: bool
) -> Iterator[Line]:
    piece, node = statement.piece, statement.node
    trial = statement if on_trial else None
    first = node.lineno
    shadowed = sorted(fixed & statement.names.bound)
    for name in shadowed:
        yield Line(f"{_SAVED.format(name)} = {name}", piece, first)
    if isinstance(node, ast.Import) and len(node.names) > 1:
        # `import numpy as np, matplotlib.pyplot as plt`: the jail has no matplotlib.
        yield Line(_imports(node, used), piece, first, trial)
    else:
        for number, code in _segment(node, parsed):
            yield Line(code, piece, number, trial)
    for name in shadowed:
        yield Line(f"{name} = {_SAVED.format(name)}", piece, node.end_lineno or first)


def _imports(node: ast.Import, used: frozenset[str]) -> str:
    needed = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in used]
    return ast.unparse(ast.Import(needed or node.names))


def _segment(node: ast.stmt, parsed: list[str]) -> Iterator[tuple[int, str]]:
    """Cut out the statement without what shares its first and last line; columns count UTF-8 bytes."""
    first, start = _start(node, parsed)
    last, stop = node.end_lineno or first, node.end_col_offset
    for number in range(first, last + 1):
        code = parsed[number - 1].encode()
        code = code[:stop] if number == last else code
        yield number, (code[start:] if number == first else code).decode()


def _start(node: ast.stmt, parsed: list[str]) -> tuple[int, int]:
    if not isinstance(node, _DEFINITIONS) or not node.decorator_list:
        return node.lineno, node.col_offset
    # The tree places a decorator behind its `@`, and in brackets that may be lines above.
    line = node.decorator_list[0].lineno
    while line > 1 and not parsed[line - 1].lstrip().startswith("@"):
        line -= 1
    return line, len(parsed[line - 1]) - len(parsed[line - 1].lstrip())
