"""Checks of a jail's answers: their headers come from a process that a student's code can steer."""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial as bind
from typing import Any, NamedTuple

from backmark.grader.errors import Crashed
from backmark.worker.sandbox.inside.entry import (
    LONGEST_NAME,
    LONGEST_SPELLED,
    LONGEST_TYPE,
    LONGEST_WORD,
    MOST_ALTERNATIVES,
    MOST_CAUSES,
    MOST_CHANGES,
    MOST_EDITS,
    MOST_FORMS,
    MOST_HELPERS,
    MOST_SITE_STATEMENTS,
    MOST_SITES,
    MOST_STATEMENTS,
    MOST_WORDS,
    MOST_WRITERS,
    MOST_WRITTEN_EDITS,
    ROLES,
    SITE_KINDS,
    EditKind,
    Entry,
)
from backmark.worker.sandbox.inside.reading.cells import Cells, decode
from backmark.worker.sandbox.inside.reading.writes import Write
from backmark.worker.sandbox.inside.wire import USUAL, Frame

_KINDS = frozenset(map(str, EditKind))
#: Characters of each text that a reply may have, at most.
_CAPS = {"type": 200, "message": 2_000, "traceback": 8_000}
#: Lines that write results, at most; cells and lines of a file.
_WRITES, _LINES = 100, 10_000_000
#: Lines of the student's that an exception or a refusal names.
_NAMED = 100
#: Parameters of one function that are named.
_PARAMETERS = 100
#: No array has more axes.
_AXES = 64


#: The kinds of answers that have numbers.
_WITH_NUMBERS = frozenset({"returned", "partial"})
_Check = Callable[[dict[str, Any], Entry], bool]
_NO_ANSWER = "Your code's process sent something that is not an answer."


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

    Of names an answer may hold those of the entry. It is a study, or of a reference, only if that was asked for
    (`studied`, `refers`), and edits of so many statements, or the texts of so many, if these were (`listed`).
    """

    def __init__(
        self,
        entry: Entry,
        *,
        studied: bool = False,
        listed: tuple[str, int] | None = None,
        refers: bool = False,
    ) -> None:
        self._entry = entry
        self._checks: dict[str, _Check] = {"returned": _is_returned, "partial": _is_partial}
        if studied:
            self._checks = {"statements": _is_list_of_statements, "study": _is_study}
        elif listed is not None:
            kind, count = listed
            self._checks = {kind: bind(_is_listing, is_item=_ITEMS[kind], count=count)}
        elif refers:
            self._checks = {"returned": _is_returned, "raised": _is_raised}
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
            check = self._checks.get(str(header.get("kind")))
            if check is None or not check(header, self._entry):
                raise Crashed(_NO_ANSWER)
            self._good[id(header)] = header
        wanted = size if header["kind"] in _WITH_NUMBERS else 0
        if len(frame.payload) != wanted or not _is_of(header, parts):
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
    rejected = header.get("rejected")
    try:
        cells, code = decode(header["listing"], frame.payload)
        if isinstance(rejected, dict):
            return _rejection(rejected), cells
        left_out = tuple(_text(line, 8_000) for line in list(header["left_out"])[:100])
        writes = tuple(_write(entry, *write) for write in list(header["writes"])[:_WRITES])
        own = tuple(_own_parameters(entry, *each) for each in list(header["own_parameters"])[:_NAMED])
        literals = operator.index(header["literals"])
        return Extracted(_text(header["fingerprint"], 1_000), code.decode(), left_out, writes, own, literals), cells
    except (KeyError, TypeError, ValueError) as error:
        raise Crashed("Your code's process sent something that is not a slice of the submission.") from error


def _own_parameters(entry: Entry, function: object, passed: object, names: object, is_global: object) -> OwnParameters:
    if function not in entry.functions or type(passed) is not int or not isinstance(names, list):
        raise TypeError
    return OwnParameters(
        str(function), tuple(_text(name, 100) for name in names[:_PARAMETERS]), passed, is_global is True
    )


def _rejection(header: dict[str, Any]) -> Rejection:
    if not _are_lines(header["lines"]):
        raise TypeError
    lines = tuple((cell, line) for cell, line in header["lines"])
    return Rejection(_text(header["reason"], 100), _text(header["message"], 8_000), lines)


def _write(entry: Entry, name: object, cell: object, line: object) -> Write:
    if not (isinstance(name, str) and name in {*entry.lists, *entry.beside}):
        raise TypeError
    if type(cell) is not int or type(line) is not int or not (0 <= cell < _LINES and 0 < line < _LINES):
        raise TypeError
    return Write(name, cell, line)


def read_written(frame: Frame) -> dict[str, Any]:
    """Return a program that was written, with its sites or edits, as checked JSON; raises Crashed."""
    try:
        written = json.loads(frame.payload)
    except (ValueError, RecursionError) as error:
        raise Crashed(_NO_ANSWER) from error
    if (
        frame.header != {"kind": "written"}
        or not isinstance(written, dict)
        or set(written) != {"text", "sites", "statements", "edits", "changed"}
        or not isinstance(written["text"], str)
        or not isinstance(written["statements"], list)
        or not _is_list(
            written["statements"],
            bind(_is_written_statement, count=len(written["statements"])),
            MOST_SITE_STATEMENTS,
        )
        or not _is_list(written["sites"], bind(_is_site, count=len(written["statements"])), MOST_SITES)
        or not _is_list(written["edits"], _is_written_edit, MOST_WRITTEN_EDITS)
        or not _is_list(written["changed"], bind(_is_place, count=len(written["sites"])), MOST_SITE_STATEMENTS)
    ):
        raise Crashed(_NO_ANSWER)
    return written


def _is_written_statement(value: object, *, count: int) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"spot", "root", "names", "returns", "starts", "adds", "called", "begun", "target", "given"}
        and _are_lines([value["spot"]])
        and _is_place(value["root"], MOST_SITES)
        and _is_line(value["begun"])
        and value["begun"] < count
        and all(type(value[name]) is bool for name in ("names", "returns", "starts", "adds", "called", "given"))
        and _is_line_of_text(value["target"], LONGEST_SPELLED)
    )


def _is_site(value: object, *, count: int) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"kind", "statement", "parent", "spot", "variable", "root", "writers", "operator", "operands"}
        and value["kind"] in SITE_KINDS
        and _is_line(value["statement"])
        and value["statement"] < count
        and _is_place(value["parent"], MOST_SITES)
        and _are_lines([value["spot"]])
        and all(type(value[name]) is bool for name in ("variable", "root"))
        and _is_list(value["writers"], bind(_is_place, count=count), MOST_WRITERS)
        and value["operator"] in {"", "*", "+", "-", "/"}
        and _is_list(value["operands"], _is_written_operand, 2)
        and len(value["operands"]) == (2 if value["operator"] else 0)
    )


def _is_place(value: object, count: int) -> bool:
    """Return True if this is one of so many places, or -1 for none."""
    return type(value) is int and -1 <= value < count


def _is_written_operand(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and _is_place(value[0], MOST_SITES)
        and (value[1] is None or type(value[1]) is float)
    )


def _is_written_edit(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and _is_line(value[0])
        and _is_kind_of_edit(value[1])
        and all(_is_line_of_text(text, LONGEST_SPELLED) for text in value[2:])
    )


def _is_returned(header: dict[str, Any], entry: Entry) -> bool:
    return set(header) == {"kind", "changed"} and _are_arguments(header["changed"], entry)


def _are_arguments(names: object, entry: Entry) -> bool:
    return (
        isinstance(names, list)
        and all(isinstance(name, str) and name in entry.arguments for name in names)
        and len(names) <= len(entry.arguments)
    )


def _is_partial(header: dict[str, Any], entry: Entry) -> bool:
    status, malformed, raised = header.get("status"), header.get("malformed"), header.get("raised")
    causes = header.get("causes", [])
    return (
        {*header, "causes", "completed"} == {"kind", "changed", "status", "raised", "completed", "malformed", "causes"}
        and type(header.get("completed", False)) is bool
        and _are_arguments(header["changed"], entry)
        and isinstance(status, str)
        and set(status) <= set("012")
        and (raised is None or (isinstance(raised, dict) and _is_raised({"kind": "raised", **raised}, entry)))
        and isinstance(malformed, list)
        and len(malformed) <= MOST_FORMS
        and all(isinstance(form, dict) and _is_malformed(form, entry) for form in malformed)
        and not (raised is None and not malformed)
        and isinstance(causes, list)
        and len(causes) <= MOST_CAUSES
        and all(_is_cause(cause, entry, len(status)) for cause in causes)
    )


def _is_cause(value: object, entry: Entry, results: int) -> bool:
    """Return True if this is why results have no value: the type of an exception, a lacking function, their places."""
    if not (isinstance(value, list) and len(value) == 3):
        return False
    type_, lacking, places = value
    return (
        _is_text(type_, LONGEST_TYPE)
        and isinstance(lacking, str)
        and lacking in {"", *entry.functions, *entry.beside}
        and isinstance(places, list)
        and len(places) <= results
        and all(type(place) is int and 0 <= place < results for place in places)
    )


def _is_malformed(form: dict[str, Any], entry: Entry) -> bool:
    description = form.get("found")
    return (
        set(form) == {"where", "found"}
        and isinstance(form["where"], str)
        and form["where"] in entry.results
        and isinstance(description, dict)
        and set(description) == {"type", "shape", "dtype", "length"}
        and _is_text(description["type"], 200)
        and _is_shape(description["shape"])
        and (description["dtype"] is None or _is_text(description["dtype"], 200))
        and _count(description["length"], optional=True)
    )


def _is_raised(header: dict[str, Any], _: Entry) -> bool:
    return (
        {*header, "mistake"} == {"kind", *_CAPS, "frames", "lines", "mistake"}
        and ("mistake" not in header or _is_mistake(header["mistake"]))
        and all(_is_text(header[name], cap) for name, cap in _CAPS.items())
        and _are_lines(header["frames"])
        and _are_lines(header["lines"])
    )


def _is_mistake(value: object) -> bool:
    """Return True if these are facts about an expression that raised."""
    return (
        isinstance(value, dict)
        and set(value) == {"kind", "part", "callee", "operands", "words", "spot"}
        and all(_is_line_of_text(value[key], LONGEST_WORD) for key in ("kind", "part", "callee"))
        and _is_list(value["operands"], _is_mistaken_operand, MOST_WORDS)
        and _is_list(value["words"], lambda word: _is_line_of_text(word, LONGEST_WORD), MOST_WORDS)
        and _are_lines([value["spot"]])
    )


def _is_mistaken_operand(value: object) -> bool:
    """Return True if this is an expression's text, type, sizes and whole number, and its text by numbers."""
    if not (isinstance(value, list) and len(value) == 5):
        return False
    text, kind, sizes, number, resolved = value
    return (
        all(_is_line_of_text(word, LONGEST_WORD) for word in (text, kind, resolved))
        and sizes is not None
        and _is_shape(sizes)
        and (number is None or (type(number) is int and abs(number) < 1 << 31))
    )


def _is_list_of_statements(header: dict[str, Any], _: Entry) -> bool:
    """Return True if these are the statements of a submission and those of a solution."""
    return (
        set(header) == {"kind", "statements", "solution"}
        and _is_list(header["statements"], _is_statement, MOST_STATEMENTS)
        and _is_list(header["solution"], _is_solution_statement, MOST_STATEMENTS)
        and all(
            len({statement[0] for statement in header[name]}) == len(header[name])
            for name in ("statements", "solution")
        )
    )


def _is_statement(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 6
        and _is_line(value[0])
        and _are_lines(value[1])
        and len(value[1]) > 0
        and type(value[2]) is bool
        and isinstance(value[3], str)
        and value[3] in ROLES
        and _are_lines(value[4])
        and len(value[4]) <= 1
        and _is_list(value[5], _is_name, MOST_HELPERS)
    )


def _is_study(header: dict[str, Any], _: Entry) -> bool:
    """Return True if this is what of a solution may stand where."""
    return (
        set(header) == {"kind", "matches", "insertable"}
        and _is_list(header["matches"], _is_match, MOST_STATEMENTS)
        and len({match["number"] for match in header["matches"]}) == len(header["matches"])
        and _is_list(header["insertable"], _is_line, MOST_STATEMENTS)
    )


def _is_name(value: object) -> bool:
    """Return True if this is a variable, or an attribute of one."""
    return isinstance(value, str) and len(value) <= LONGEST_NAME and all(map(str.isidentifier, value.split(".", 1)))


def _is_listing(header: dict[str, Any], _: Entry, *, is_item: Callable[[object], bool], count: int) -> bool:
    """Return True if these are so many items of a kind."""
    items = header.get(header["kind"])
    return set(header) == {"kind", header["kind"]} and _is_list(items, is_item, count) and len(items or ()) == count


def _is_list_of_kinds(value: object) -> bool:
    return _is_list(value, _is_kind_of_edit, MOST_EDITS)


#: Of a match the members that are numbers of statements, and how many there may be.
_NUMBERS_OF_MATCHES = {
    **dict.fromkeys(("alternatives", "alike", "guarded"), MOST_ALTERNATIVES),
    **dict.fromkeys(("overwritten", "sources"), MOST_STATEMENTS),
}


def _is_match(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value)
        == {"number", "alternatives", "alike", "guarded", "conditions", "placeholder", "overwritten", "sources"}
        and _is_line(value["number"])
        and type(value["placeholder"]) is bool
        and _is_list(value["conditions"], lambda text: _is_line_of_text(text, LONGEST_SPELLED), 2)
        and len(value["conditions"]) == 2
        and all(_is_list(value[name], _is_line, most) for name, most in _NUMBERS_OF_MATCHES.items())
    )


def _is_spelled(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and _is_line(value[0])
        and _is_text(value[1], LONGEST_SPELLED)
        and _is_list(value[2], _is_change, MOST_CHANGES)
        and len(value[2]) > 0
    )


#: Of each kind of listing what its items are.
_ITEMS: dict[str, Callable[[object], bool]] = {
    "edits": _is_list_of_kinds,
    "texts": _is_spelled,
}


def _is_kind_of_edit(value: object) -> bool:
    return isinstance(value, str) and value in _KINDS


def _is_change(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and _is_kind_of_edit(value[0])
        and all(_is_line_of_text(text, LONGEST_SPELLED) for text in value[1:])
    )


def _is_solution_statement(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_line(value[0]) and _is_list(value[1], _is_line, _NAMED)


def _is_list(value: object, is_item: Callable[[object], bool], most: int) -> bool:
    return isinstance(value, list) and len(value) <= most and all(map(is_item, value))


def _is_of(header: dict[str, Any], parts: int) -> bool:
    """Return True if the answer says of exactly so many results how they came."""
    return header["kind"] != "partial" or len(header["status"]) == parts


def _are_lines(value: object) -> bool:
    """Return True if these are lines by cell (0 in a file) and number."""
    return (
        isinstance(value, list)
        and len(value) <= _NAMED
        and all(isinstance(line, list) and len(line) == 2 and all(map(_is_line, line)) for line in value)
    )


def _is_line(value: object) -> bool:
    return type(value) is int and 0 <= value < _LINES


def _is_shape(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and len(value) <= _AXES and all(_count(axis, optional=False) for axis in value)
    )


def _count(value: object, *, optional: bool) -> bool:
    return (optional and value is None) or (type(value) is int and 0 <= value < 1 << 63)


def _is_line_of_text(value: object, cap: int) -> bool:
    return _is_text(value, cap) and "\n" not in str(value)


def _is_text(value: object, cap: int) -> bool:
    """Return True if this is a text as the runner makes it: without control characters, fit for any report."""
    return isinstance(value, str) and len(value) <= cap and value.replace("\n", "").isprintable()


def _text(value: object, cap: int) -> str:
    if not isinstance(value, str) or len(value) > cap:
        raise TypeError
    return value
