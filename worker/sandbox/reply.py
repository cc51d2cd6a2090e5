"""Checks of a jail's answers: their headers come from a process that a student's code can steer."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from backmark.grader.errors import Crashed
from backmark.worker.sandbox import messages
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.cells import Cells, decode
from backmark.worker.sandbox.inside.reading.writes import Write
from backmark.worker.sandbox.inside.wire import USUAL, Frame
from backmark.worker.sandbox.shapes import Shape

#: The kinds of answers that have numbers.
_WITH_NUMBERS = frozenset({"returned", "partial"})
_NO_ANSWER = "Your code's process sent something that is not an answer."
_NO_SLICE = "Your code's process sent something that is not a slice of the submission."


class Reply(NamedTuple):
    """One answer: `header["kind"]` is returned or partial (with a float64 payload), or of a reference raised."""

    header: dict[str, Any]
    payload: bytes

    @property
    def raised_type(self) -> str | None:
        """The type of the exception that was raised, if any was."""
        raised = self.header if self.header["kind"] == "raised" else self.header.get("raised")
        return raised["type"] if isinstance(raised, dict) and "type" in raised else None


@dataclass(frozen=True, slots=True)
class OwnParameters:
    """The parameters of a function that the lines that call pass no value for."""

    function: str
    names: tuple[str, ...]
    #: The number of values that are passed.
    passed: int
    #: True if the submission binds all of the names at its top level as well.
    is_global: bool


@dataclass(frozen=True, slots=True)
class Extracted:
    """The code that is executed and its syntax tree's fingerprint, the cells that are no Python, writes, parameters."""

    fingerprint: str
    code: str
    left_out: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    own_parameters: tuple[OwnParameters, ...] = ()
    #: Characters of the code that are numbers, texts and bytes.
    literals: int = 0


class AnswerReader:
    """Reads the answers of one exchange, of which many have a header in common: each header is checked once.

    Of names an answer may hold those of the entry. It is of a reference only if that was asked (`refers`).
    """

    def __init__(self, entry: Entry, *, refers: bool = False) -> None:
        self._shapes: dict[str, Shape] = messages.answers_of(entry, refers=refers)
        #: The headers found good, by their identity: a parser returns the same object for the same octets.
        self._good: dict[int, dict[str, Any]] = {}

    def read(self, frame: Frame, size: int, parts: int = 0) -> Reply:
        """Return the frame as a reply; raises Crashed.

        It has exactly `size` bytes if the function returned, and says of `parts` results how they came.
        """
        header = frame.header
        if header == USUAL and len(frame.payload) == size:
            return Reply(header, frame.payload)
        if id(header) not in self._good:
            shape = self._shapes.get(str(header.get("kind")))
            if shape is None or not shape(header):
                raise Crashed(_NO_ANSWER)
            self._good[id(header)] = header
        wanted = size if header["kind"] in _WITH_NUMBERS else 0
        if len(frame.payload) != wanted or (header["kind"] == "partial" and len(header["status"]) != parts):
            raise Crashed(_NO_ANSWER)
        return Reply(header, frame.payload)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a submission cannot be graded: a fixed word, a text, and the lines that it names, by cell (0 in a file)."""

    reason: str
    message: str
    lines: tuple[tuple[int, int], ...] = ()


def read_extraction(frame: Frame, entry: Entry) -> tuple[Extracted | Rejection, Cells]:
    """Return what was extracted, or the rejection, and the code cells; raises Crashed."""
    header = frame.header
    is_rejected = "rejected" in header
    shape = messages.REJECTION if is_rejected else messages.extraction_of(entry)
    if not shape(header):
        raise Crashed(_NO_SLICE)
    try:
        cells, code = decode(header["listing"], frame.payload)
        return _read_rejection(header["rejected"]) if is_rejected else _read_slice(header, code.decode()), cells
    except (KeyError, TypeError, ValueError) as error:
        raise Crashed(_NO_SLICE) from error


def _read_rejection(rejected: dict[str, Any]) -> Rejection:
    lines = tuple((cell, line) for cell, line in rejected["lines"])
    return Rejection(rejected["reason"], rejected["message"], lines)


def _read_slice(header: dict[str, Any], code: str) -> Extracted:
    return Extracted(
        header["fingerprint"],
        code,
        tuple(header["left_out"]),
        tuple(Write(*write) for write in header["writes"]),
        tuple(
            OwnParameters(function, tuple(names), passed, is_global)
            for function, passed, names, is_global in header["own_parameters"]
        ),
        header["literals"],
    )


def read_written(frame: Frame) -> dict[str, Any]:
    """Return a program that was written, with its sites or edits, as checked JSON; raises Crashed."""
    try:
        written: dict[str, Any] = json.loads(frame.payload)
        statements, sites = (len(written[name]) for name in ("statements", "sites"))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Crashed(_NO_ANSWER) from error
    if frame.header != {"kind": "written"} or not messages.written_with(statements, sites)(written):
        raise Crashed(_NO_ANSWER)
    return written
