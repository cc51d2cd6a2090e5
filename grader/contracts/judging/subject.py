"""The seam: all that a kind of homework has of its own. Judge, jail, store and pages know no more of it than this.

Nothing here is needed at run time: making these classes would cost each command a few milliseconds.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from grader.contracts.cases.answers import Answer, Candidate
from grader.contracts.cases.arrays import Cases
from grader.contracts.cases.question import Question
from grader.contracts.judging.marks import Given, RowSpec, SubjectMarks
from grader.contracts.judging.trial import Trial
from grader.contracts.judging.witness import Witness
from grader.contracts.rows.row import Failure, Row
from grader.model.common import AnyAssignment
from grader.model.records import CaughtMistake
from grader.model.verdict import AnyCounterexample, FirstDifference, Flag, NotebookCheck


class ListWrite(Protocol):
    """A line of the student's that writes one of the exchange's `lists`."""

    @property
    def name(self) -> str:
        """The list."""
        ...

    @property
    def cell(self) -> int:
        """The notebook's cell, from 1 over its code cells; 0 in a file."""
        ...

    @property
    def line(self) -> int:
        """The line in it."""
        ...

    @property
    def file(self) -> str | None:
        """The path of its file in a package."""
        ...

    @property
    def begins(self) -> str:
        """The first line of its cell; empty in a file."""
        ...


class JudgedRevision(Protocol):
    """The standard for judging submissions, as it is stored: an assignment and its cases, named by a hash over both."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def kind(self) -> str:
        """The kind of homework."""
        ...

    @property
    def assignment(self) -> AnyAssignment:
        """The assignment: a record of its kind's own."""
        ...

    @property
    def subject(self) -> "AnySubject":
        """The part that belongs to its kind of homework alone, made ready for judging."""
        ...

    @property
    def renewal(self) -> "AnyRenewal | None":
        """The way in which fresh cases replace some of its own; None if its kind has no fresh cases."""
        ...

    @property
    def own_cases(self) -> bool:
        """False if its cases are not the assignment's own."""
        ...

    @property
    def cases_sha256(self) -> str:
        """A hash over the cases and what is expected of them."""
        ...

    @property
    def id(self) -> str:
        """A hash over the stored bytes of the assignment and its cases."""
        ...

    @property
    def assignment_json(self) -> str:
        """The assignment's JSON, byte for byte as it is stored."""
        ...


RenewedRevision_contra = TypeVar("RenewedRevision_contra", bound=JudgedRevision, contravariant=True)


class Renewal(Protocol[RenewedRevision_contra]):
    """The part of a revision that lets cases of a pool, another revision of its kind, stand among its own."""

    def fitting(self, pool: RenewedRevision_contra, order: Sequence[int], replaced: Collection[int]) -> Sequence[int]:
        """Return places in the pool for the replaced places, the first of the order that fit; fewer if it is short."""
        ...

    def merge(
        self, pool: RenewedRevision_contra, places: Sequence[int], replaced: Collection[int] = ()
    ) -> JudgedRevision:
        """Return the revision with these cases of the pool, and without the replaced ones of its own."""
        ...


#: A renewal by pools that only its kind looks into.
AnyRenewal = Renewal[Any]


ExchangeCases_contra = TypeVar("ExchangeCases_contra", bound=Cases, contravariant=True)


class JailReply(Protocol):
    """The reply of a jail about a case: a header whose form was checked, and numbers if there are any."""

    @property
    def header(self) -> dict[str, Any]:
        """Its `kind` is returned, partial or raised."""
        ...

    @property
    def payload(self) -> bytes:
        """The returned numbers in exactly as many bytes as were asked for, else none."""
        ...


class Exchange(Protocol[ExchangeCases_contra]):
    """The part of a subject that speaks with jails: the requests to send, and the meaning of the replies."""

    @property
    def function(self) -> str:
        """The name of the student's function."""
        ...

    @property
    def others(self) -> tuple[str, ...]:
        """Further functions of the student's; a submission that has any of them all may lack the others."""
        ...

    @property
    def classes(self) -> bool:
        """True if a class may stand for a function."""
        ...

    @property
    def package(self) -> str:
        """The path of the student's file within a ZIP archive; empty if none is taken."""
        ...

    @property
    def given(self) -> frozenset[str]:
        """Names that the student's module has beside `np`."""
        ...

    @property
    def fixed(self) -> frozenset[str]:
        """The names that keep our value, whatever the submission binds."""
        ...

    @property
    def lists(self) -> frozenset[str]:
        """Names of lists of which the student's lines are wanted that write an entry; or see `call`."""
        ...

    @property
    def call(self) -> str:
        """The lines that call, if `lists` are expressions over their names, and the lines that write these wanted."""
        ...

    @property
    def beside(self) -> tuple[str, ...]:
        """Functions that a submission may have beside those, and that are asked about when all else is."""
        ...

    @property
    def arguments(self) -> frozenset[str]:
        """Names of what may be changed in place."""
        ...

    @property
    def results(self) -> frozenset[str]:
        """Names of what may come back in another form."""
        ...

    def question(self, cases: ExchangeCases_contra) -> Question:
        """Return what asks about every case."""
        ...

    def answers(self, cases: ExchangeCases_contra, replies: Sequence[JailReply]) -> list[Answer]:
        """Return the answers that the replies to the first of the cases hold; raises Crashed."""
        ...


#: An exchange of cases that only its subject looks into.
AnyExchange = Exchange[Any]


SubjectCases = TypeVar("SubjectCases", bound=Cases)


class Subject(Protocol[SubjectCases]):
    """A revision's homework, made ready once for judging many submissions."""

    @property
    def noun(self) -> str:
        """The word for a case, such as "network"; its plural has an s."""
        ...

    @property
    def cases(self) -> SubjectCases:
        """The cases that decide."""
        ...

    @property
    def probes(self) -> SubjectCases:
        """Cases for the flags, asked last; none of them is graded."""
        ...

    @property
    def exchange(self) -> Exchange[SubjectCases]:
        """The exchange that asks about the cases in a jail."""
        ...

    @property
    def order(self) -> Sequence[int]:
        """The places of the cases, from the smallest to the largest."""
        ...

    @property
    def rows(self) -> Sequence[RowSpec]:
        """All rows of a verdict, those of the judge (`AGREEMENT`, `PURE`) among them."""
        ...

    def right(self, answers: int) -> dict[str, Row]:
        """Return the subject's own rows of a submission that is right in all of so many answers."""
        ...

    def marks(self, given: Given) -> SubjectMarks:
        """Return the subject's own rows of a submission that is wrong somewhere, and what explains it."""
        ...

    def flags(self, probed: Sequence[Answer], witness: Witness) -> list[Flag]:
        """Return what staff should look at, by the answers to the probes."""
        ...

    def smaller(self, i: int, failure: Failure, witness: Witness) -> SubjectCases:
        """Return one case, the smallest found that fails as case `i` does; that case if there is none."""
        ...

    def show(self, cases: SubjectCases, i: int, answer: Answer | None) -> AnyCounterexample:
        """Return case `i` beside the answer to it; None if the candidate ended instead."""
        ...

    def describe_case(self, i: int) -> dict[str, Any]:
        """Return the properties that distinguish case `i` from other cases."""
        ...

    def trial(self) -> Trial:
        """Return what the assignment is tried on."""
        ...

    def summary(self, mistakes: Sequence[CaughtMistake]) -> dict[str, Any]:
        """Return what staff are shown of the cases, and of the mistakes that these catch."""
        ...

    def locate(self, first: FirstDifference | None, writes: Sequence[ListWrite]) -> FirstDifference | None:
        """Return the same with the student's own line that writes it, if it is known."""
        ...

    def explain_check(
        self, answers: Sequence[Answer], failing: Sequence[int], start: Callable[[AnyExchange], Candidate[Any] | None]
    ) -> NotebookCheck | None:
        """Return what the notebook's own check says where that differs from the judgement; else None.

        `start` returns the submission in a jail, to be asked by an exchange of the check's; None if it lacks a function
        of the exchange's.
        """
        ...


#: A subject whose cases only itself looks into.
AnySubject = Subject[Any]
