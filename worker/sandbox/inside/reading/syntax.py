"""Parsing, with every way in which it fails turned into a sentence about the student's own line."""

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from .magics import is_command
from .python2 import PYTHON_2, is_old
from .rejection import Rejected, escape, quote, underline

_TOO_DEEP = re.compile(r"too many (?:nested|levels|statically)|parser stack|recursion", re.IGNORECASE)
# What Python adds for programmers who may set limits of their own.
_ADVICE = re.compile(r"; use sys\.set_int_max_str_digits\(\).*| - Consider hexadecimal.*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A Python file, or one code cell: `cell` is 0 for a file; `lines` are the student's own, from 1.

    A file of a package has its path, and its number among them as its `cell`.
    """

    cell: int
    lines: tuple[str, ...]
    #: True if there may be a `:=` in it, or in a text of it.
    walrus: bool = False
    file: str = ""
    #: The first line of a cell, by which a reader finds it: notebooks show no numbers.
    begins: str = ""

    @property
    def is_cell(self) -> bool:
        """True for a notebook's cell."""
        return bool(self.cell) and not self.file

    @property
    def label(self) -> str:
        """The piece as a sentence begins with it."""
        return f"Code cell {self._named}" if self.is_cell else self.file or "The file"

    def place(self, line: int) -> str:
        """Name a line's place, as a reader finds it."""
        if self.file:
            return f"line {line} of {self.file}"
        return f"line {line} of code cell {self._named}" if self.cell else f"line {line}"

    @property
    def _named(self) -> str:
        return f"{self.cell} (begins `{self.begins}`)" if self.begins else str(self.cell)


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """The reason why a piece is not Python."""

    reason: str
    piece: Piece
    line: int
    message: str
    excerpt: str
    advice: str

    @property
    def place(self) -> str:
        """The place of the fault, as a reader finds it."""
        return self.piece.place(self.line)

    @property
    def spot(self) -> tuple[int, int]:
        """Its cell (0 in a file) and line."""
        return self.piece.cell, self.line

    def to_rejection(self, extra: str = "", others: Sequence[tuple[int, int]] = ()) -> Rejected:
        """Make the fault the reason why the whole submission is refused; `extra` names the `others`."""
        where = self.place[:1].upper() + self.place[1:]
        said = "is written for Python 2" if self.reason == PYTHON_2 else "is not valid Python"
        sentence = f"{where} {said}: {self.message}.\n{self.excerpt}\n{self.advice}"
        return Rejected(self.reason, sentence + (f" {extra}" if extra else ""), (self.spot, *others))


def unify_newlines(text: str) -> str:
    """Turn Python's line ends, and no others, into line feeds: a form feed ends no line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, piece: Piece) -> list[ast.stmt] | SyntaxFault:
    """List the statements of a piece; `text` is what is parsed, line for line as `piece`."""
    try:
        with warnings.catch_warnings():
            # Python's advice on a student's `\d` or `is 0` is no error of theirs, nor a line on our output.
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except SyntaxError as error:
        return fault(error, text.split("\n"), piece)
    except UnicodeEncodeError as error:
        return _half(error, piece)
    except (ValueError, OverflowError) as error:
        # Python 3.11 has no SyntaxError for a NUL.
        line = text.count("\n", 0, max(text.find("\0"), 0)) + 1
        return fault(SyntaxError(str(error), ("", line, None, None)), text.split("\n"), piece)
    except (RecursionError, MemoryError):
        raise too_complex(piece.label) from None


def too_complex(label: str) -> Rejected:
    """Refuse code that exhausts the parser."""
    return Rejected(
        "too_complex",
        f"{label} is nested too deeply or is too long for Python to parse. "
        "Split the long expressions over several statements.",
    )


def fault(error: SyntaxError, lines: list[str], piece: Piece) -> SyntaxFault:
    """Keep what Python said about a line of `lines`, which are numbered as the piece is."""
    line = min(max(error.lineno or 1, 1), len(lines))
    text = lines[line - 1]
    message = quote(_ADVICE.sub("", error.msg or "invalid syntax"))
    own = piece.lines[line - 1] if line <= len(piece.lines) else text
    if not piece.is_cell and is_command(own):
        advice = "That is a notebook command: remove the line, or hand in the notebook itself."
    else:
        advice = "Fix this line (or the one before it) and run the whole file or cell once before handing in."
    reason = "syntax_error"
    if is_old(message, own):
        reason, advice = PYTHON_2, "Run it once with Python 3 and NumPy 2 before handing in."
    if _TOO_DEEP.search(message):
        reason, advice = "too_complex", "Split the long expressions over several statements."
    return SyntaxFault(reason, piece, line, message, underline(text, error.offset or 1), advice)


def _half(error: UnicodeEncodeError, piece: Piece) -> SyntaxFault:
    text = error.object
    line = text.count("\n", 0, error.start) + 1
    start = text.rfind("\n", 0, error.start) + 1
    excerpt = underline(text[start:].split("\n", 1)[0], error.start - start + 1)
    message = f"{escape(text[error.start])} is half of a character (a lone surrogate)"
    return SyntaxFault("encoding", piece, line, message, excerpt, "Type that character again.")
