"""The candidates that an assignment is tried on before it may be used."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from grader.contracts.cases.answers import Candidate


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """A wrong implementation with a name that a person recognises: `title` is what follows "it"."""

    id: str
    title: str
    candidate: Candidate[Any] = field(compare=False)


class EditedLine(NamedTuple):
    """A line of a solution, and the statement in its place after one edit."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ProvenStatement:
    """A statement of a solution that counts for rows, and how many of its single edits the cases catch."""

    file: str
    line: int
    rows: tuple[str, ...]
    edits: int
    caught: int
    #: True if some case is wrong without the statement, or with zeros in its place.
    shown: bool
    #: The edits that only one case catches, and those that no case does.
    narrow: tuple[EditedLine, ...] = ()
    uncaught: tuple[EditedLine, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Return what staff are shown, as JSON."""
        return {
            "file": self.file,
            "line": self.line,
            "rows": list(self.rows),
            "edits": self.edits,
            "caught": self.caught,
            "shown": self.shown,
            "caught_by_one": [edit._asdict() for edit in self.narrow],
            "uncaught": [edit._asdict() for edit in self.uncaught],
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """The candidates that an assignment is tried on: the reference must pass, and every mistake must fail."""

    reference: Candidate[Any]
    mistakes: Sequence[KnownMistake]
    #: The faults of the assignment itself, each a sentence.
    faults: Sequence[str] = ()
    #: What its author should know of an assignment that may be used all the same, each a sentence.
    warnings: Sequence[str] = ()
    #: The statements that count for rows.
    statements: Sequence[ProvenStatement] = ()
    #: The places of cases that never give way to fresh ones.
    fixed: Sequence[int] = ()
