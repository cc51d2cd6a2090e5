"""The jail's first step: from a submitted file to what is executed of it. It parses and never executes."""

import __future__

import ast
import re
import warnings
from dataclasses import dataclass, field
from itertools import groupby
from types import CodeType

from . import encoding, magics, notebook, target
from .entry import Entry
from .fingerprint import fingerprint
from .listing import Line, Slice, SlicePart, listing
from .rejection import Rejected, quote
from .slicing import Program, Statement
from .syntax import Piece, SyntaxFault, fault, parse, too_complex, unify_newlines
from .tracebacks import FILENAME
from .writes import writes

__all__ = ["Rejected", "Slice", "extract"]

#: Most bytes of Python, in a file or in all code cells together.
SOURCE_LIMIT = 1 << 20
#: Most bytes of a notebook, with its plots.
NOTEBOOK_LIMIT = 8 << 20

_FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


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
    #: For a refusal: cells whose magic takes them out of the notebook, though they define the function.
    notes: list[str] = field(default_factory=list)


def extract(source: bytes, filename: str, entry: Entry, cells: list[notebook.NotebookCell] | None = None) -> Slice:
    """Slice a submission to what the entry's top-level functions need, the last of each name; raises only `Rejected`.

    A file that ends in .ipynb, or holds a JSON object, is a notebook; every other is Python. A notebook's code cells
    are appended to `cells`, also if it is refused after they were read.
    """
    try:
        return _extract(source, filename, entry, [] if cells is None else cells)
    except (RecursionError, MemoryError):
        raise too_complex("The file") from None


def _extract(source: bytes, filename: str, entry: Entry, cells: list[notebook.NotebookCell]) -> Slice:
    _limit(len(source), NOTEBOOK_LIMIT, "The file")
    if not source.strip():
        raise _empty("The file")
    encoding.refuse_binary(source)
    document = notebook.load(source, named=filename.lower().endswith(".ipynb"))
    if document is not None:
        cells += notebook.code_cells(document)
        return _conclude(_read_cells(cells, entry))
    _limit(len(source), SOURCE_LIMIT, "The Python file")
    return _conclude(_read_file(unify_newlines(encoding.decode(source)), entry))


def _limit(size: int, limit: int, label: str) -> None:
    if size > limit:
        raise Rejected(
            "too_large",
            f"{label} has {size:,} bytes, and the limit is {limit:,}. "
            "Hand in the code alone, without data, and clear a notebook's outputs first.",
        )


def _empty(label: str) -> Rejected:
    return Rejected("empty", f"{label} holds no code. Save your work, and check that you hand in the right file.")


def _read_file(text: str, entry: Entry) -> _PiecesRead:
    reading = _PiecesRead(entry)
    piece = Piece(0, tuple(text.split("\n")), ":=" in text)
    parsed = parse(text, piece)
    if isinstance(parsed, SyntaxFault):
        raise parsed.to_rejection()
    if not parsed:
        raise _empty("The file")
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
    piece = Piece(cell.number, tuple(text.split("\n")), ":=" in text)
    # Only a cell that is not Python as it stands can hold a magic.
    parsed = parse(text, piece)
    if isinstance(parsed, SyntaxFault):
        python = magics.without(text)
        if python is None:
            if _defines(reading.entry, text):
                reading.notes.append(f"Cell {cell.number} defines it, but under a %% line that takes it elsewhere.")
            return
        text = python
        parsed = parse(text, piece)
    if not isinstance(parsed, SyntaxFault):
        _add(reading, piece, text, parsed)
        return
    reading.faults.append(parsed)
    if _defines(reading.entry, text):
        reading.broken = (len(reading.statements), parsed)


def _defines(entry: Entry, text: str) -> bool:
    """Return True if the text seems to define one of the entry's functions."""
    keywords = r"(?:async\s+)?def|class" if entry.classes else r"(?:async\s+)?def"
    names = "|".join(map(re.escape, entry.functions))
    return re.search(rf"^[ \t]*(?:{keywords})\s+(?:{names})\b", text, re.MULTILINE) is not None


def _add(reading: _PiecesRead, piece: Piece, text: str, statements: list[ast.stmt]) -> None:
    reading.parsed[piece.cell] = text.split("\n")
    reading.statements.extend(Statement(node, piece) for node in statements)


def _conclude(reading: _PiecesRead) -> Slice:
    entry, function = reading.entry, reading.entry.function
    left_out = tuple(f"{fault.place}: {fault.message}" for fault in reading.faults)
    program = Program(reading.statements, entry)
    positions = {name: place for name in entry.functions if (place := target.find(program, name)) is not None}
    if reading.broken and max(positions.values(), default=-1) < reading.broken[0]:
        raise reading.broken[1].to_rejection(*_earlier(program, positions.get(function), function))
    if not positions:
        notes = [f"Not valid Python, and left out: {place}." for place in left_out[: target.LISTED]]
        faulty = [fault.spot for fault in reading.faults[: target.LISTED]]
        raise target.missing(program, function, reading.notes + notes, faulty)
    for name, place in positions.items():
        target.check_kind(reading.statements[place], name, classes=entry.classes)
    kept = program.slice(positions)
    named, main = next(iter(positions.items()))
    statements = [reading.statements[place] for place in kept.positions]
    used = frozenset().union(*(statement.names.used for statement in statements))
    trial = {number for number, place in enumerate(kept.positions) if place in kept.trial}
    lines = listing(statements, trial, reading.parsed, used, entry.fixed)
    omitted = set(range(len(program.statements))).difference(kept.positions)
    return Slice(
        code="".join(f"{line.code}\n" for line in lines),
        parts=_compile_parts(lines),
        fingerprint=fingerprint(target.definition(reading.statements[main], named)),
        places=tuple(line.piece.place(line.number) for line in lines),
        texts=tuple(quote(line.piece.lines[line.number - 1]) for line in lines),
        left_out=left_out,
        left_out_at=tuple(fault.spot for fault in reading.faults),
        writes=writes(statements, entry.lists),
        origins=tuple((line.piece.cell, line.number) for line in lines),
        omitted=tuple(program.statements[place] for place in sorted(omitted)),
        refused={program.statements[place]: reason for place, reason in sorted(kept.refused.items())},
    )


def _earlier(program: Program, position: int | None, function: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a sentence about an earlier definition, and its line; nothing if there is none."""
    if position is None:
        return "", []
    earlier = program.statements[position]
    sentence = f"An earlier `{function}` ({earlier.place}) is valid, but the last one counts: fix it or delete it."
    return sentence, [earlier.spot]


def _compile_parts(lines: list[Line]) -> tuple[SlicePart, ...]:
    """Compile what is executed at once, and every statement on trial by itself."""
    parts = []
    flags = 0
    for trial, group in groupby(enumerate(lines), lambda item: item[1].trial):
        numbered = list(group)
        # Empty lines first, so that its line numbers are those of the whole.
        code = "\n" * numbered[0][0] + "".join(f"{line.code}\n" for _, line in numbered)
        parts.append(SlicePart(_compile(code, flags, lines), trial))
        # The future imports come first, and hold for all of it.
        flags |= parts[-1].compiled.co_flags & _FUTURES
    return tuple(parts)


def _compile(code: str, flags: int, lines: list[Line]) -> CodeType:
    """Compile without executing: some errors (`return` outside of a function) are found only now."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled: CodeType = compile(code, FILENAME, "exec", flags, dont_inherit=True)
            return compiled
    except SyntaxError as error:
        line = lines[min(max(error.lineno or 1, 1), len(lines)) - 1]
        text = (*line.piece.lines[: line.number - 1], line.code)
        placed = SyntaxError(error.msg, ("", line.number, error.offset, None))
        raise fault(placed, list(text), line.piece).to_rejection() from None
    except (ValueError, OverflowError):
        raise too_complex("The code") from None
