"""All that depends on the kind of homework from an assignment's file to a revision.

Nothing here is needed at run time: making this class would cost each command some time.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from grader.contracts.judging.subject import JudgedRevision
from grader.contracts.publishing.workshop import Workshop
from grader.model.common import AnyAssignment
from grader.model.packaged import ArchiveHeader
from grader.model.survey import Survey
from grader.model.words import KindWords


class SubjectKind(Protocol):
    """The module of a kind of homework: from an assignment's file to a revision. It imports what is heavy when asked.

    An assignment that a kind takes is always one of its own.
    """

    #: The words that reports, pages and commands write around its cases.
    WORDS: KindWords
    #: The titles of its rows, by name, if all of its assignments have the same.
    TITLES: Mapping[str, str]
    #: A pattern of names in its sentences that pages set as code; empty if there are none.
    CODE: str
    #: Settings of its own that students may always read, beside those that every assignment has.
    PUBLIC_SETTINGS: tuple[str, ...]
    #: True if publishing runs code of the assignment's author: that takes the scope `author`.
    RUNS_CODE: bool
    #: The module that `python -m` draws with: it reads an assignment's JSON and writes a revision, or with the status
    #: `REFUSED` of `grader.errors` why not. With the argument 1 it draws a pool of fresh cases.
    DRAWING: str

    def layout(self) -> int:
        """Return the layout of its stored revisions: those drawn on a machine are kept as long as it is the same."""
        ...

    def complete(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored assignment's settings with the defaults of those that it lacks."""
        ...

    def read(self, tables: Mapping[str, Any], name: str) -> AnyAssignment:
        """Return the assignment that a file's tables describe; raises BadAssignment."""
        ...

    def read_header(self, data: bytes) -> ArchiveHeader:
        """Return the header of a stored revision, without NumPy; OSError, ValueError or KeyError if it is damaged."""
        ...

    def load(self, data: bytes, name: str) -> JudgedRevision:
        """Return a stored revision; raises AssignmentError."""
        ...

    def finish(self, data: bytes, name: str, workshop: Workshop, *, pool: bool) -> bytes:
        """Return a drawn revision with what the process that draws may not work out; raises BadAssignment.

        Whatever it needs to run of the assignment's own code it runs in the workshop. Of a pool of fresh cases only
        what judges them is worked out.
        """
        ...

    def vary(self, assignment: Any, seed: int | None, cases: int | None) -> AnyAssignment:
        """Return the assignment with another seed, or with another number of cases, unless they are None."""
        ...

    def renewable(self, assignment: Any) -> int:
        """Return how many cases there are of which fresh ones may replace some; 0 if the kind has no fresh cases."""
        ...

    def survey(self, revision: Any) -> Survey | None:
        """Return the figures of a revision's cases; None if the kind has none."""
        ...

    def propose_changes(self, assignment: Any) -> Iterator[tuple[str, AnyAssignment]]:
        """Yield changed settings, as the file has them, that may let fewer mistakes pass; the least intrusive first."""
        ...
