"""A submission in a jail that may put statements of the author's solution in the place of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from grader.oracle.answers import Answer

#: Operations, each its kind and the numbers of statements.
Script = Sequence[Sequence[str | int]]


class Mender(Protocol):
    """A submission that can be asked what may be mended of it, and what it answers then. It never decides a pass."""

    def study(self, cases: Any, study: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what may be mended, as a checked reply has it; raises CandidateError.

        The cases are run to see which variables agree with the solution's.
        """
        ...

    def mend(self, cases: Any, scripts: Sequence[Script]) -> list[list[Answer]]:
        """Return by script the answers to the cases; a CandidateError carries those that came before, in a row."""
        ...
