"""A contract's revision: an assignment and its judged cases, stored as data and named by a hash over both."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np

from backmark.grader.contracts import gallery
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, Layout, ResultPlace
from backmark.grader.contracts.cases.drawn import describe_case, read_cases
from backmark.grader.contracts.cases.fresh_cases import FreshCases
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.proven_statement import EditedLine, ProvenStatement
from backmark.grader.contracts.language import archive
from backmark.grader.contracts.language.assignment import (
    ContractAssignment,
    assignment_from_json,
    assignment_to_json,
)
from backmark.grader.contracts.naming.mistakes import PROJECTIONS, StoredMistake
from backmark.grader.errors import AssignmentError, BadAssignment, MadeByNewerVersion
from backmark.grader.model.assignment import CONTRACT

#: The archive's layout, which is also hashed into every id.
FORMAT = 2

UPDATE = "update Backmark to use it"

#: The errors with which an archive of arrays says that it is damaged. RuntimeError: `zipfile` takes it for encrypted,
#: or for compressed in another way. SyntaxError and TokenError: NumPy reads an array's description as Python would,
#: before the archive's checksum is known.
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, RuntimeError),
    *(SyntaxError, TokenError, zipfile.BadZipFile, zlib.error),
)

if TYPE_CHECKING:
    from backmark.grader.contracts.naming.diagnoser import ContractDiagnoser


@dataclass(frozen=True, eq=False)
class ContractRevision:
    """The standard for judging submissions."""

    assignment: ContractAssignment
    cases: ContractCases
    #: Small cases in order of size, of which counterexamples are chosen.
    ladder: ContractCases
    #: Cases that tell who computes a forward pass of their own; see `OwnPassTest`.
    probes: ContractCases
    #: By id.
    mistakes: Mapping[str, StoredMistake] = field(default_factory=dict)
    #: The reasons for which it may not be used, each a sentence.
    faults: tuple[str, ...] = ()
    #: The statements of its solutions that count for rows.
    statements: tuple[ProvenStatement, ...] = ()
    own_cases: bool = True
    #: The assignment's JSON as it is stored, which the id is a hash over; None: as this version writes it.
    stored: str | None = None
    #: By convention that does not count the cases, in their order, with what is expected of them by that one.
    conventions: Mapping[str, ContractCases] = field(default_factory=dict)
    #: Cases that the handout does not try, and that do not decide; None if there are none.
    outside: ContractCases | None = None
    #: Cases that an instructor's secret adds to them; a service has those of each group of students apart.
    fresh: FreshCases | None = None

    @cached_property
    def contract(self) -> Contract:
        """The assignment and its cases, made ready for judging."""
        return Contract(
            *(self.assignment, self.cases, self.ladder, self.probes, self._make_diagnoser),
            *(self.conventions, self.outside),
        )

    def _make_diagnoser(self) -> "ContractDiagnoser":
        # A cold command should not pay for what only a wrong submission needs.
        from backmark.grader.contracts.naming.diagnoser import ContractDiagnoser  # noqa: PLC0415

        return ContractDiagnoser(self.assignment, self.cases, self.mistakes)

    @property
    def assignment_json(self) -> str:
        """The assignment's JSON, byte for byte as it is stored."""
        return assignment_to_json(self.assignment) if self.stored is None else self.stored

    @cached_property
    def cases_sha256(self) -> str:
        """A hash over the cases and what is expected of them."""
        digest = hashlib.sha256(json.dumps(describe_contents(self)).encode())
        for array in list_arrays(self).values():
            digest.update(np.ascontiguousarray(array, "<f8").tobytes())
        return digest.hexdigest()

    @cached_property
    def id(self) -> str:
        """A hash over the stored bytes of the assignment and its cases."""
        return _id(self.assignment_json, self.cases_sha256)


def dump(revision: ContractRevision) -> bytes:
    """Return the revision as a NumPy archive without pickles, its own hash within."""
    header = {
        "format": FORMAT,
        "kind": CONTRACT,
        "assignment": revision.assignment_json,
        "id": revision.id,
        "cases_sha256": revision.cases_sha256,
        **describe_contents(revision),
    }
    file = io.BytesIO()
    arrays: dict[str, Any] = {**list_arrays(revision), "header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def load(data: bytes, name: str = "revision") -> ContractRevision:
    """Return the revision that `dump` wrote, in this or an earlier version of Backmark.

    MadeByNewerVersion if this version does not know its format or one of its fields; AssignmentError if it is damaged.
    """
    try:
        header = archive.read_json(data)
        if header["kind"] != CONTRACT or not isinstance(header["format"], int) or header["format"] > FORMAT:
            raise MadeByNewerVersion(f"{name} was made by a newer version of Backmark: {UPDATE}")
        stored, identifier = str(header["assignment"]), header["id"]
        with np.load(io.BytesIO(data), allow_pickle=False) as stored_arrays:
            arrays = {array: stored_arrays[array] for array in stored_arrays.files if array != "header"}
        revision = read_contents(header, arrays, _assignment(stored, name), stored)
        intact = revision.id == identifier
    except DAMAGE as error:
        message = f"{name} is no revision, or is damaged; draw its cases again"
        raise AssignmentError(message) from error
    if not intact:
        raise AssignmentError(f"{name} is damaged (its content does not match its hash); draw its cases again")
    return revision


def load_packaged(assignment_id: str) -> ContractRevision:
    """Return a revision that ships with Backmark, such as `udl-7.2`."""
    file = gallery.find_drawn(assignment_id)
    if file is None:
        alike = gallery.find_similar(assignment_id)
        known = "name one that `backmark assignment list` shows, a file or a folder"
        advice = f"did you mean {alike}?" if alike else known
        raise BadAssignment(f"there is no assignment {assignment_id!r}: {advice}")
    return load(file.read_bytes(), file.name)


def read_contents(
    header: Mapping[str, Any], arrays: Mapping[str, Array], assignment: ContractAssignment, stored: str
) -> ContractRevision:
    """Return the revision with these contents; raises one of DAMAGE if they are none."""
    drawn = read_cases(header["cases"], arrays["numbers"])
    layouts = tuple(_read_layout(layout) for layout in header["layouts"])
    every = ContractCases(
        *(tuple(drawn), layouts, arrays["expected"], arrays["tolerances"], assignment.provides),
        arrays.get("allowances", np.zeros(0)),
    )
    count, conventions, secret = header["count"], header.get("conventions", ()), header.get("fresh", 0)
    whole = len(every) - secret * (1 + len(conventions))
    end = whole - count * len(conventions)
    outside = end - header.get("outside", 0)
    probes = outside - header.get("probes", 0)
    numbers = arrays["mistakes"]
    mistakes = {
        identifier: StoredMistake(tuple(wrong), numbers[place].astype(np.float64), {int(i): form for i, form in forms})
        for place, (identifier, wrong, forms) in enumerate(header["mistakes"])
    }
    return ContractRevision(
        assignment,
        every.take(range(count)),
        every.take(range(count, probes)),
        every.take(range(probes, outside)),
        mistakes,
        tuple(header["faults"]),
        tuple(map(_read_statement, header.get("statements", ()))),
        stored=stored,
        conventions={
            str(name): every.take(range(start, start + count))
            for name, start in zip(conventions, range(end, whole, count), strict=True)
        },
        outside=every.take(range(outside, end)) if outside < end else None,
        fresh=_read_fresh(every.take(range(whole, len(every))), secret, conventions) if secret else None,
    )


def _read_fresh(cases: ContractCases, count: int, conventions: Sequence[str]) -> FreshCases:
    parts = [cases.take(range(start, start + count)) for start in range(0, len(cases), count)]
    return FreshCases(parts[0], tuple(range(count)), dict(zip(conventions, parts[1:], strict=True)))


def _assignment(stored: str, name: str) -> ContractAssignment:
    try:
        return assignment_from_json(stored)
    except MadeByNewerVersion as error:
        raise MadeByNewerVersion(f"{name} was made by a newer version of Backmark ({error}): {UPDATE}") from error


def describe_contents(revision: ContractRevision) -> dict[str, Any]:
    """Return what `read_contents` makes a revision of, but for the assignment and the arrays, as JSON."""
    every = join_cases(revision)
    # Without rows of statements, probes, conventions or cases that prove something, it has no such member.
    proven = {"statements": [list(astuple(statement)) for statement in revision.statements]}
    return {
        "cases": [describe_case(case) for case in every.drawn],
        "layouts": [[_describe_place(place) for place in layout] for layout in every.layouts],
        "count": len(revision.cases),
        "mistakes": [
            [identifier, list(mistake.wrong), list(mistake.forms.items())]
            for identifier, mistake in revision.mistakes.items()
        ],
        "faults": list(revision.faults),
        **(proven if revision.statements else {}),
        **({"probes": len(revision.probes)} if len(revision.probes) else {}),
        **({"conventions": list(revision.conventions)} if revision.conventions else {}),
        **({"outside": len(revision.outside)} if revision.outside else {}),
        **({"fresh": len(revision.fresh.cases)} if revision.fresh else {}),
    }


def join_cases(revision: ContractRevision) -> ContractCases:
    """Return all cases of a revision, as they are stored."""
    outside = () if revision.outside is None else (revision.outside,)
    fresh = () if revision.fresh is None else (revision.fresh.cases, *revision.fresh.conventions.values())
    return revision.cases.join(revision.ladder, revision.probes, *outside, *revision.conventions.values(), *fresh)


def _describe_place(place: ResultPlace) -> list[Any]:
    return [place.expression, place.result, list(place.shape), place.target]


def _read_statement(stored: Sequence[Any]) -> ProvenStatement:
    file, line, rows, edits, caught, shown, *lines = stored
    narrow, uncaught = (tuple(EditedLine(number, text) for number, text in part) for part in lines)
    return ProvenStatement(file, line, tuple(rows), edits, caught, shown, narrow, uncaught)


def _read_layout(layout: Sequence[Any]) -> Layout:
    return tuple(ResultPlace(str(name), int(place), tuple(shape), str(target)) for name, place, shape, target in layout)


def list_arrays(revision: ContractRevision) -> dict[str, Array]:
    """Return the arrays of a revision by their names."""
    every = join_cases(revision)
    projections = [mistake.projections for mistake in revision.mistakes.values()]
    return {
        "numbers": np.concatenate([np.zeros(0), *(case.numbers for case in every.drawn)]),
        "expected": every.expected,
        "tolerances": every.tolerances,
        "mistakes": np.array(projections or np.zeros((0, PROJECTIONS, 0)), np.float32),
        **({"allowances": every.allowances} if len(every.allowances) else {}),
    }


def _id(assignment_json: str, cases_sha256: str) -> str:
    return hashlib.sha256(f"{CONTRACT} {FORMAT}\n{assignment_json}\n{cases_sha256}".encode()).hexdigest()[:16]
