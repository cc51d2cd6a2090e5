"""A kit: a contract's cases with what is expected of them, and of the contract what a check shows.

It is code of its maker, as a notebook is: a check runs it beside the student's own, and reading it runs nothing of it.
It is a revision with parts left out. The reference and the texts of mistakes never go into it, and neither do the other
conventions, and the probes that publishing keeps; the solutions do only if the author wants them there.
Known mistakes are recognised by what is recorded of their answers.
"""

import hashlib
import io
import json
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from backmark.grader.contracts import gallery
from backmark.grader.contracts.cases import trees
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.judging.revision import (
    DAMAGE,
    UPDATE,
    ContractRevision,
    describe_contents,
    list_arrays,
    read_contents,
)
from backmark.grader.contracts.kits.arrays import MOST_BYTES, read_arrays
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_from_json, assignment_to_json
from backmark.grader.errors import AssignmentError, BadAssignment, MadeByNewerVersion

#: The layout of a kit, and of the revision within.
FORMAT = 3
#: Its arrays; the first is its header, in JSON.
_HEADER, _ARRAYS = "kit", ("numbers", "expected", "tolerances", "mistakes")
#: The most that a kit's limits may be: seconds, bytes of memory, bytes printed.
_MOST_SECONDS, _MOST_MEMORY, _MOST_OUTPUT = 600.0, 8 << 30, 16 << 20
#: Kits that are named in the place of one that is not there.
_MOST_ALIKE = 3
#: Cases of a kit, the small ones too, different expressions of their results, and characters of a name and of a text of
#: code.
_MOST_CASES, _MOST_EXPRESSIONS, _LONGEST_NAME, _LONGEST_CODE = 5_000, 5_000, 120, 64 * 1024
#: The ID of an assignment or of a revision, as a check shows it.
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Kit:
    """The parts of a revision that a check needs."""

    contents: ContractRevision
    #: The id of the revision that it was made of.
    revision: str
    #: True if a wrong submission is judged by the lines that must change, which only a solution tells.
    by_lines: bool

    @classmethod
    def of(cls, revision: ContractRevision, *, with_solution: bool) -> Self:
        """Return the kit of a revision."""
        assignment = revision.assignment
        kept = replace(
            assignment,
            reference="",
            solution=assignment.solution if with_solution else "",
            other_solutions=assignment.other_solutions if with_solution else (),
            mistakes=tuple(replace(mistake, source="") for mistake in assignment.mistakes),
            rows=assignment.rows if with_solution else (),
            repair=assignment.repair and with_solution,
            conventions=(),
            taught=None,
        )
        contents = replace(
            revision,
            assignment=kept,
            cases=replace(revision.cases, allowances=np.zeros(0)),
            ladder=replace(revision.ladder, allowances=np.zeros(0)),
            probes=revision.probes.take([]),
            faults=(),
            statements=(),
            conventions={},
            outside=None,
            fresh=None,
            stored=None,
        )
        return cls(contents, revision.id, by_lines=bool(assignment.rows))

    @property
    def has_solution(self) -> bool:
        """True if it holds the solution's statements, so that a check shows which lines must be mended."""
        return bool(self.contents.assignment.solution)

    @property
    def lacks_lines(self) -> bool:
        """True if wrong submissions are judged by lines that a check cannot tell."""
        return self.by_lines and not self.has_solution

    def list_readable(self) -> Iterator[str]:
        """Yield what whoever has the kit can read in it, a sentence each."""
        assignment, contents = self.contents.assignment, self.contents
        names = ", ".join(f"`{name}`" for name in assignment.entries)
        yield f"{len(contents.cases)} public cases and {len(contents.ladder)} small ones, with every expected number"
        yield f"the names that students write ({names}), the lines that call them, titles, marks, and the template"
        if assignment.feedback.hidden:
            hidden = ", ".join(f"`{name}`" for name in assignment.feedback.hidden)
            yield f"the expected numbers of {hidden}, too: a check hides them, but anybody can read them in the file"
        if assignment.helpers:
            yield "the course's helper functions, with their code"
        if assignment.mistakes:
            count = len(assignment.mistakes)
            yield f"the titles and hints of {count} known mistakes, with numbers of their answers, without their code"
        if self.has_solution:
            others = len(assignment.other_solutions)
            yield f"the SOLUTION{f' and {others} others' if others else ''}, line by line, with its rows and hints"


@dataclass(frozen=True, slots=True)
class KitOrigin:
    """Where a kit comes from. Nobody signs a kit: but for where its file was, that is what the file says."""

    #: As it was asked for: the path of a file, or an ID.
    name: str
    assignment: str
    revision: str
    #: The first digits of the SHA-256 of its file.
    sha256: str
    #: True if it came with Backmark.
    shipped: bool


class OpenedKit(NamedTuple):
    """A kit, and where it comes from."""

    kit: Kit
    origin: KitOrigin


def dump_kit(kit: Kit) -> bytes:
    """Return a kit as an archive of arrays without pickles; raises BadAssignment for what a kit may not hold."""
    assignment = kit.contents.assignment
    if max(map(len, _list_code(assignment))) > _LONGEST_CODE:
        message = (
            f"no kit can be made of {assignment.id}: a file of its code has more than {_LONGEST_CODE:,} characters"
        )
        raise BadAssignment(message)
    header = {
        "format": FORMAT,
        "revision": kit.revision,
        "by_lines": kit.by_lines,
        "assignment": assignment_to_json(assignment),
        **describe_contents(kit.contents),
    }
    described = json.dumps({**header, "id": _hash(header, kit.contents)})
    arrays: dict[str, Any] = {_HEADER: np.frombuffer(described.encode(), np.uint8), **list_arrays(kit.contents)}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    data = file.getvalue()
    if len(data) > MOST_BYTES:
        raise BadAssignment(f"no kit can be made of {assignment.id}: it would be larger than {MOST_BYTES >> 20} MB")
    return data


def open_kit(name: str) -> OpenedKit:
    """Return the kit of a file, or of a contract of the gallery; BadAssignment says what there is instead."""
    try:
        shipped = gallery.find_kit(name)
        file = shipped or Path(name)
        with file.open("rb") as stream:
            # No more of a stranger's file than a kit may have.
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError):
        raise BadAssignment(f"there is no kit {name[:_LONGEST_NAME]!r}: {_advise(name)}") from None
    if len(data) > MOST_BYTES:
        raise AssignmentError(f"{file.name} is not a kit: kits have at most {MOST_BYTES >> 20} MB")
    kit = load_kit(data, file.name)
    assignment = kit.contents.assignment.id
    return OpenedKit(kit, KitOrigin(name, assignment, kit.revision, gallery.hash_kit(data), shipped=bool(shipped)))


def _advise(name: str) -> str:
    """Return which kits may be meant, and how to see all."""
    alike = [repr(known) for known in get_close_matches(name[:_LONGEST_NAME], gallery.list_kits(), _MOST_ALIKE)]
    meant = f"did you mean {' or '.join(alike)}? " if alike else ""
    return (
        f"{meant}`backmark.list_kits()` lists those that come with Backmark; for another, give the path of the file"
        " that your course gave you"
    )


def load_kit(data: bytes, name: str) -> Kit:
    """Return the kit that `dump_kit` wrote, from wherever it comes.

    MadeByNewerVersion if this version does not know its layout; AssignmentError if it is damaged or is no kit.
    """
    try:
        arrays = read_arrays(data, (_HEADER, *_ARRAYS))
        header = json.loads(arrays.pop(_HEADER).tobytes())
        kit = _read(header, arrays)
        intact = header["id"] == _hash(header, kit.contents)
    except MadeByNewerVersion as error:
        message = f"{name} was made by a newer version of Backmark: {UPDATE}"
        raise MadeByNewerVersion(message) from error
    except (*DAMAGE, AttributeError, IndexError, RecursionError, MemoryError) as error:
        message = f"{name} is not a kit, or is damaged; get it again from your course"
        raise AssignmentError(message) from error
    if not intact:
        raise AssignmentError(f"{name} is damaged (its content does not match its hash); get it again from your course")
    return kit


def _read(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Kit:
    if type(header["format"]) is not int or header["format"] > FORMAT:
        raise MadeByNewerVersion("this version does not know its layout")
    assignment = assignment_from_json(header["assignment"])
    _check(assignment, header)
    _check_sizes(assignment, header, arrays)
    contents = read_contents(header, arrays, assignment, header["assignment"])
    return Kit(contents, header["revision"], by_lines=bool(header["by_lines"]))


def _hash(header: Mapping[str, Any], contents: ContractRevision) -> str:
    described = json.dumps([header["format"], header["revision"], header["by_lines"], contents.id])
    return hashlib.sha256(described.encode()).hexdigest()


def _check(assignment: ContractAssignment, header: Mapping[str, Any]) -> None:
    """Raise ValueError or SyntaxError for a number, a name or a text of code that no kit of ours has."""
    limits = assignment.limits
    bounds = (
        (limits.seconds_per_call, _MOST_SECONDS),
        (limits.seconds, _MOST_SECONDS),
        (limits.memory, _MOST_MEMORY),
        (limits.output, _MOST_OUTPUT),
        (len(header["cases"]), _MOST_CASES),
    )
    if not all(type(value) in {int, float} and 0 < value <= most for value, most in bounds):
        raise ValueError("a limit is out of bounds")
    if not all(_ID.fullmatch(identifier) for identifier in (assignment.id, header["revision"])):
        raise ValueError("it is of no revision")
    modules = (name.lstrip(".").split(".") for name in (*assignment.modules, *assignment.stand_ins))
    cases = ((*case["dims"], *dict(case["inputs"])) for case in header["cases"])
    if not all(_is_name(name) for names in (_list_names(assignment), *modules, *cases) for name in names):
        raise ValueError("a name is none")
    expressions = {place[0] for layout in header["layouts"] for place in layout}
    if len(expressions) > _MOST_EXPRESSIONS:
        raise ValueError("there are too many results")
    _require_python(_list_code(assignment), "exec")
    _require_python(expressions, "eval")


def _check_sizes(assignment: ContractAssignment, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Raise ValueError unless the arrays have the numbers that the cases say: none is made room for unseen."""
    results, layouts, count = len(assignment.results), header["layouts"], len(header["cases"])
    shapes = [shape for layout in layouts for _, place, shape, _ in layout if 0 <= place < results]
    sizes = [size for shape in shapes for size in shape]
    expected = sum(map(math.prod, shapes))
    described = [form for case in header["cases"] for _, form in case["inputs"]]
    if (
        not all(type(size) is int and size >= 0 for size in sizes)
        or len(shapes) != sum(map(len, layouts))
        or not len(layouts) == count >= header["count"] >= 1
        or not arrays["expected"].shape == arrays["tolerances"].shape == (expected,)
        or arrays["numbers"].shape != (sum(map(trees.count, described)),)
    ):
        raise ValueError("it has other numbers than its cases")


def _require_python(codes: Iterable[str], mode: str) -> None:
    """Raise ValueError or SyntaxError for a text that is too long, or that Python cannot read; nothing is run."""
    with warnings.catch_warnings(action="ignore"):
        for code in codes:
            if len(code) > _LONGEST_CODE:
                raise ValueError("its code is too long")
            compile(code, "<kit>", mode, dont_inherit=True)


def _list_code(assignment: ContractAssignment) -> Iterator[str]:
    """Yield the code that a check runs beside the student's."""
    yield from (assignment.call, assignment.helpers, assignment.solution)
    yield from (other.source for other in assignment.other_solutions)
    if assignment.check is not None:
        yield assignment.check.code


def _list_names(assignment: ContractAssignment) -> Iterator[str]:
    """Yield the names that the lines that call are given."""
    yield from assignment.entries
    yield from (dim.name for dim in assignment.dims)
    yield from (entry.name for entry in assignment.inputs)
    yield from (*assignment.upstream, *assignment.given, *assignment.provides)
    if assignment.check is not None:
        yield from assignment.check.functions
        yield from (name for name, _ in assignment.check.results)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier() and len(name) <= _LONGEST_NAME and not name.startswith("__")
