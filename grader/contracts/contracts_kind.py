"""The kind of homework that contracts are, from an assignment's file to a revision."""

# ruff: noqa: PLC0415 - the web server reads assignments and has no NumPy; who grades needs no pydantic

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grader.contracts.language import words
from grader.contracts.language.assignment import ContractAssignment
from grader.model import stored
from grader.model.packaged import ArchiveHeader
from grader.model.words import KindWords

if TYPE_CHECKING:
    from grader.contracts.judging.revision import ContractRevision
    from grader.contracts.publishing.workshop import Workshop
    from grader.model.survey import Survey

#: Its titles are the assignments' own.
TITLES: Mapping[str, str] = MappingProxyType({})
WORDS: KindWords = words.WORDS
#: What a sentence has between backticks.
CODE = r"`[^`\n]{1,80}`"
PUBLIC_SETTINGS: tuple[str, ...] = ("entries", "call", "cases", "dtype", "package", "stand_ins")
RUNS_CODE = True
DRAWING = "grader.contracts.cases.draw"


def layout() -> int:
    """Return the layout of its archives."""
    from grader.contracts.judging.revision import FORMAT

    return FORMAT


def complete(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored assignment's settings with the defaults of those that it lacks."""
    return stored.complete(ContractAssignment, settings)


def read(tables: Mapping[str, Any], name: str) -> ContractAssignment:
    """Return the assignment that a file's tables describe; raises BadAssignment."""
    from grader.contracts.language import assignment_toml

    return assignment_toml.from_tables(tables, name)


def read_header(data: bytes) -> ArchiveHeader:
    """Return the header of a stored revision; OSError, ValueError or KeyError if it is damaged."""
    from grader.contracts.language import archive

    return archive.read_header(data)


def load(data: bytes, name: str) -> "ContractRevision":
    """Return a stored revision; raises AssignmentError."""
    from grader.contracts.judging import revision

    return revision.load(data, name)


def finish(data: bytes, name: str, workshop: "Workshop", *, pool: bool) -> bytes:  # noqa: ARG001 - the seam's
    """Return drawn cases with what is expected of them: the reference, the solution and the mistakes are run."""
    from grader.contracts.publishing.finishing import finish as finish_cases

    return finish_cases(data, workshop, pool=pool)


def vary(assignment: ContractAssignment, seed: int | None, cases: int | None) -> ContractAssignment:
    """Return the assignment with another seed, or another number of cases, unless they are None."""
    return replace(
        assignment,
        seed=assignment.seed if seed is None else seed,
        cases=assignment.cases if cases is None else cases,
    )


def renewable(assignment: ContractAssignment) -> int:
    """Return the number of its cases: fresh ones may replace some of them."""
    return assignment.cases


def survey(revision: "ContractRevision") -> "Survey | None":
    """Return the figures of a revision's cases."""
    from grader.contracts.publishing import summary

    return summary.describe(revision.assignment.id, revision.id, revision.cases, revision.statements)


def propose_changes(assignment: ContractAssignment) -> Iterator[tuple[str, ContractAssignment]]:
    """Yield changed settings that may let fewer mistakes pass: more cases."""
    from grader.contracts.language.tables import MOST_CASES

    for factor in (2, 5):
        cases = min(MOST_CASES, factor * assignment.cases)
        if cases > assignment.cases:
            yield f"cases = {cases}", replace(assignment, cases=cases)
