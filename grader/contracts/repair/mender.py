"""A submission in a jail that may put statements of the author's solution in the place of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases


@dataclass(frozen=True, slots=True)
class SpelledEdit:
    """An edit of statements that write one target: which one is changed, what stands there then, and its changes."""

    place: int
    text: str
    #: Of each change the kind, the part of the statement as it is and as it becomes; one of them may be empty.
    changes: tuple[tuple[str, str, str], ...]


#: Operations, each its kind and the numbers of statements.
Script = Sequence[Sequence[str | int]]


class Mender(Protocol):
    """A submission that can be asked what may be mended of it, and what it answers then. It never decides a pass."""

    def study(self, cases: ContractCases, study: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what may be mended, as a checked reply has it; raises CandidateError.

        Nothing runs: of a request about the cases only the names are read that the course gives.
        """
        ...

    def list_edits(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
        """Return by statement the kinds of its edits; each is compared with one of the solution's, or with -1 none.

        Raises CandidateError.
        """
        ...

    def spell(self, edits: Sequence[tuple[int, int]]) -> list[SpelledEdit]:
        """Return edits in full, each given by the number of its statement and its place; raises CandidateError."""
        ...

    def mend(self, cases: ContractCases, scripts: Sequence[Script]) -> list[list[Answer]]:
        """Return by script the answers to the cases; a CandidateError carries those that came before, in a row."""
        ...
