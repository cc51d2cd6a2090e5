"""The jail's first step: from a submitted file to what is executed of it. It parses and never executes."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from backmark.worker.sandbox.inside.entry import Entry

from . import encoding, magics, notebook, parameters, target
from .bindings import find_writes
from .compiling import compile_parts
from .fingerprint import fingerprint
from .listing import Line, ModuleFile, Slice, WholeSubmission, listing
from .literals import measure_literals
from .python2 import PRINT_STATEMENT, PYTHON_2, leave_out_prints
from .rejection import Rejected, quote
from .slicing import KeptStatements, Program, Statement
from .syntax import Piece, SyntaxFault, fault, parse, too_complex, unify_newlines
from .writes import Write

if TYPE_CHECKING:
    from .package import Package

__all__ = ["Rejected", "Slice", "extract"]

#: Most bytes of Python, in a file or in all code cells together.
SOURCE_LIMIT = 1 << 20
#: Most bytes of a notebook, with its plots.
NOTEBOOK_LIMIT = 8 << 20

#: The first bytes of a ZIP archive, and of an empty one.
_ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(slots=True)
class _PiecesRead:
    """The result of reading the pieces one after the other."""

    entry: Entry
    statements: list[Statement] = field(default_factory=list)
    #: Each piece's lines as parsed, by its cell.
    parsed: dict[int, list[str]] = field(default_factory=dict)
    faults: list[SyntaxFault] = field(default_factory=list)
    #: The last unreadable cell that defines the function, and how many statements stand before it.
    broken: tuple[int, SyntaxFault] | None = None
    #: The lines, each with its cell, of `print` statements of Python 2, which are left out.
    prints: set[tuple[int, int]] = field(default_factory=set)
    #: For a refusal: cells whose magic takes them out of the notebook, though they define the function.
    notes: list[str] = field(default_factory=list)


def extract(source: bytes, filename: str, entry: Entry, cells: list[notebook.NotebookCell] | None = None) -> Slice:
    """Slice a submission to what the entry's top-level functions need, the last of each name; raises only `Rejected`.

    A file that ends in .ipynb, or holds a JSON object, is a notebook; an archive is a package if the entry names its
    file; every other is Python. A notebook's code cells are appended to `cells`, also if it is refused after they were
    read, and so are the files of a package that are read.
    """
    try:
        return _extract(source, filename, entry, [] if cells is None else cells)
    except (RecursionError, MemoryError):
        raise too_complex("The file") from None


def _extract(source: bytes, filename: str, entry: Entry, cells: list[notebook.NotebookCell]) -> Slice:
    _limit(len(source), NOTEBOOK_LIMIT, "The file")
    if not source.strip():
        raise _empty("The file")
    if entry.package and source.startswith(_ARCHIVE):
        return _extract_package(source, entry, cells)
    encoding.refuse_binary(source)
    document = notebook.load(source, named=filename.lower().endswith(".ipynb"))
    if document is not None:
        cells += notebook.code_cells(document)
        return _conclude(_read_cells(cells, entry))
    _limit(len(source), SOURCE_LIMIT, "The Python file")
    return _conclude(_read_file(unify_newlines(encoding.decode(source)), entry))


def _extract_package(source: bytes, entry: Entry, cells: list[notebook.NotebookCell]) -> Slice:
    # Few are packages: to open an archive takes a library of its own.
    from .package import read_package  # noqa: PLC0415

    package = read_package(source, entry.package, SOURCE_LIMIT)
    encoding.refuse_binary(package.main)
    text = unify_newlines(encoding.decode(package.main))
    cells.append(notebook.NotebookCell(1, text, package.path))
    return _conclude(_read_file(text, entry, cell=1, file=package.path), package, cells)


def _limit(size: int, limit: int, label: str) -> None:
    if size > limit:
        raise Rejected(
            "too_large",
            f"{label} has {size:,} bytes, but the limit is {limit:,}. "
            "Hand in only the code, without data, and clear a notebook's outputs first.",
        )


def _empty(label: str) -> Rejected:
    return Rejected("empty", f"{label} holds no code. Save your work, and check that you hand in the right file.")


def _read_file(text: str, entry: Entry, cell: int = 0, file: str = "") -> _PiecesRead:
    reading = _PiecesRead(entry)
    piece = Piece(cell, tuple(text.split("\n")), ":=" in text, file)
    parsed = parse(text, piece)
    if isinstance(parsed, SyntaxFault) and (python := magics.without(text)) not in {None, text}:
        # A notebook's cells that were copied into a file: their magics stay out, as in the notebook.
        text = python or ""
        parsed = parse(text, piece)
    if isinstance(parsed, SyntaxFault):
        text, parsed = _parse_old(reading, piece, text, parsed)
    if isinstance(parsed, SyntaxFault):
        raise parsed.to_rejection()
    if not parsed:
        raise _empty(piece.label)
    _add(reading, piece, text, parsed)
    return reading


def _read_cells(cells: list[notebook.NotebookCell], entry: Entry) -> _PiecesRead:
    if not cells:
        raise Rejected(
            "no_such_function",
            f"The notebook has no code cells, so there is no function `{entry.function}`. "
            "Check that you hand in the right notebook, and that the cells are code and not text.",
        )
    _limit(
        sum(len(cell.text.encode("utf-8", "surrogatepass")) for cell in cells),
        SOURCE_LIMIT,
        "The notebook's code",
    )
    reading = _PiecesRead(entry)
    for cell in cells:
        _read_cell(reading, cell)
    if not reading.statements and not reading.faults and not reading.notes:
        raise _empty("The notebook")
    return reading


def _read_cell(reading: _PiecesRead, cell: notebook.NotebookCell) -> None:
    text = unify_newlines(cell.text)
    piece = Piece(cell.number, tuple(text.split("\n")), ":=" in text, begins=notebook.find_beginning(text))
    # Only a cell that is not Python as it stands can hold a magic.
    parsed = parse(text, piece)
    if isinstance(parsed, SyntaxFault):
        python = magics.without(text)
        if python is None:
            if _defines(reading.entry, text):
                reading.notes.append(
                    f"{piece.label} defines the function, but below a %% line that runs the cell elsewhere."
                )
            return
        text = python
        parsed = parse(text, piece)
    if isinstance(parsed, SyntaxFault):
        text, parsed = _parse_old(reading, piece, text, parsed)
    if not isinstance(parsed, SyntaxFault):
        _add(reading, piece, text, parsed)
        return
    reading.faults.append(parsed)
    if _defines(reading.entry, text):
        reading.broken = (len(reading.statements), parsed)


def _parse_old(
    reading: _PiecesRead, piece: Piece, text: str, unread: SyntaxFault
) -> tuple[str, list[ast.stmt] | SyntaxFault]:
    """Parse a text of Python 2 without its `print` statements, which are noted; return it as parsed, or the fault."""
    if unread.reason != PYTHON_2:
        return text, unread
    changed, left_out = leave_out_prints(text)
    parsed = parse(changed, piece) if left_out else unread
    if isinstance(parsed, SyntaxFault):
        return text, unread
    reading.prints.update((piece.cell, line) for line in left_out)
    return changed, parsed


def _refuse_print(reading: _PiecesRead, kept: Sequence[Statement]) -> None:
    """Raise Rejected if a statement that is executed holds a `print` statement."""
    for statement in kept if reading.prints else ():
        node, piece = statement.node, statement.piece
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            if (piece.cell, line) in reading.prints:
                error = SyntaxError(PRINT_STATEMENT, ("", line, None, None))
                raise fault(error, list(piece.lines), piece).to_rejection()


def _defines(entry: Entry, text: str) -> bool:
    """Return True if the text seems to define one of the entry's functions."""
    keywords = r"(?:async\s+)?def|class" if entry.classes else r"(?:async\s+)?def"
    names = "|".join(map(re.escape, entry.functions))
    return re.search(rf"^[ \t]*(?:{keywords})\s+(?:{names})\b", text, re.MULTILINE) is not None


def _add(reading: _PiecesRead, piece: Piece, text: str, statements: list[ast.stmt]) -> None:
    reading.parsed[piece.cell] = text.split("\n")
    reading.statements.extend(Statement(node, piece) for node in statements)


def _conclude(
    reading: _PiecesRead, package: "Package | None" = None, cells: list[notebook.NotebookCell] | None = None
) -> Slice:
    entry, function = reading.entry, reading.entry.function
    left_out = tuple(f"{fault.place}: {fault.message}" for fault in reading.faults)
    program = Program(reading.statements, entry)
    positions = {name: place for name in entry.functions if (place := target.find(program, name)) is not None}
    if reading.broken and max(positions.values(), default=-1) < reading.broken[0]:
        raise reading.broken[1].to_rejection(*_earlier(program, positions.get(function), function))
    if not positions:
        notes = [f"A cell that is not valid Python was left out: {place}." for place in left_out[: target.LISTED]]
        faulty = [fault.spot for fault in reading.faults[: target.LISTED]]
        raise target.missing(program, function, reading.notes + notes, faulty)
    for name, place in positions.items():
        target.check_kind(reading.statements[place], name, classes=entry.classes)
    extra = _find_extra(program, entry, {name: reading.statements[place] for name, place in positions.items()})
    wanted = {name for parameters in extra.values() for name in parameters.names} - entry.arguments
    kept = program.slice(positions, positions.keys(), wanted)
    statements = [reading.statements[place] for place in kept.positions]
    _refuse_print(reading, statements)
    whole = WholeSubmission(program, entry, reading.parsed)
    lines = _list_lines(whole, kept)
    parts = compile_parts(lines)
    # Before the lines are read below: it adds its own.
    modules = [] if package is None else list(_link(package, statements, entry, lines, [] if cells is None else cells))
    code = "".join(f"{line.code}\n" for line in lines)
    return Slice(
        code=code,
        parts=parts,
        modules=tuple(modules),
        packaged=package is not None,
        # Of all functions that are graded: who fills in one of two hands in no template.
        fingerprint=fingerprint(
            *(target.definition(reading.statements[positions[name]], name) for name in sorted(positions))
        ),
        places=tuple(line.piece.place(line.number) for line in lines),
        texts=tuple(quote(line.piece.lines[line.number - 1]) for line in lines),
        left_out=left_out,
        left_out_at=tuple(fault.spot for fault in reading.faults),
        writes=(
            *_find_definitions(program, entry.beside),
            *find_writes(
                entry.call,
                sorted(entry.lists),
                {name: reading.statements[place] for name, place in positions.items()},
            ),
        ),
        origins=tuple((line.piece.cell, line.number) for line in lines),
        extra=extra,
        omitted=_list_omitted(program, kept),
        refused=_list_refused(program, kept),
        whole=whole,
        literals=measure_literals(code, (statement.node for statement in statements)),
    )


def extract_beside(part: Slice, functions: Sequence[str]) -> Slice:
    """Slice the submission of a slice once more, to what these functions need, as far as it defines them.

    The lines of both are in no module together: whatever these do changes nothing of what was answered.
    """
    empty = replace(part, code="", parts=(), places=(), texts=(), origins=(), extra={}, writes=())
    if part.whole is None:
        return empty
    program, entry = part.whole.program, part.whole.entry
    positions = {name: place for name in functions if (place := target.find(program, name)) is not None}
    if not positions:
        return empty
    try:
        kept = program.slice(positions, {*entry.functions, *functions})
        lines = _list_lines(part.whole, kept)
        parts = compile_parts(lines)
    except (Rejected, RecursionError, MemoryError):
        return empty
    return replace(
        empty,
        code="".join(f"{line.code}\n" for line in lines),
        parts=parts,
        places=tuple(line.piece.place(line.number) for line in lines),
        texts=tuple(quote(line.piece.lines[line.number - 1]) for line in lines),
        origins=tuple((line.piece.cell, line.number) for line in lines),
        omitted=_list_omitted(program, kept),
        refused=_list_refused(program, kept),
    )


def _list_lines(whole: WholeSubmission, kept: KeptStatements) -> list[Line]:
    """Write the kept statements out as a program."""
    statements = [whole.program.statements[place] for place in kept.positions]
    used = frozenset().union(*(statement.names.used for statement in statements))
    trial = {number for number, place in enumerate(kept.positions) if place in kept.trial}
    return listing(statements, trial, whole.parsed, used, whole.entry.fixed)


def _list_omitted(program: Program, kept: KeptStatements) -> tuple[Statement, ...]:
    omitted = set(range(len(program.statements))).difference(kept.positions)
    return tuple(program.statements[place] for place in sorted(omitted))


def _list_refused(program: Program, kept: KeptStatements) -> frozenset[Statement]:
    return frozenset(program.statements[place] for place in kept.refused)


def _find_definitions(program: Program, functions: Sequence[str]) -> Iterator[Write]:
    """Yield the places of the last definitions of these functions, as writes of their names."""
    for name in functions:
        if (place := target.find(program, name)) is not None:
            cell, line = program.statements[place].spot
            yield Write(name, cell, line)


def _find_extra(
    program: Program, entry: Entry, functions: Mapping[str, Statement]
) -> dict[str, parameters.ExtraParameters]:
    """Return the parameters that the lines that call supply no value for; raises Rejected if nothing else does."""
    extra = parameters.find_extra(entry.call, functions)
    for function, own in extra.items():
        unbound = [name for name in own.names if not program.may_have(name)]
        if unknown := [name for name in unbound if name not in entry.arguments]:
            raise parameters.refuse(entry.call, function, functions[function], unknown)
        extra[function] = own._replace(is_global=not unbound)
    return extra


def _link(
    package: "Package",
    statements: list[Statement],
    entry: Entry,
    lines: list[Line],
    cells: list[notebook.NotebookCell],
) -> Iterator[ModuleFile]:
    """Yield the files that the graded one imports; their lines and texts are added."""
    from .package import link  # noqa: PLC0415 - as above

    for piece, file in link(package, statements, entry, lines):
        cells.append(notebook.NotebookCell(piece.cell, "\n".join(piece.lines), piece.file))
        yield file


def _earlier(program: Program, position: int | None, function: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a sentence about an earlier definition, and its line; nothing if there is none."""
    if position is None:
        return "", []
    earlier = program.statements[position]
    sentence = (
        f"An earlier `{function}` on {earlier.place} is valid, but the last one counts: fix or delete the last one."
    )
    return sentence, [earlier.spot]
