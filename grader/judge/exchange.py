"""How a subject's cases are asked of a submission in its jail, as data: the jail knows names, numbers and sizes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from grader.model.verdict import SourceLine
from grader.oracle.answers import Answer, Evidence, Raised
from grader.oracle.cases import Cases

ExchangeCases_contra = TypeVar("ExchangeCases_contra", bound=Cases, contravariant=True)


class Question(NamedTuple):
    """Cases as a jail is asked about them, without anything that is expected."""

    header: Mapping[str, Any]
    #: Their numbers, as float64.
    payload: bytes
    #: Bytes of the answer to each.
    sizes: Sequence[int]


class Reply(Protocol):
    """What a jail said of a case: a header whose form was checked, and numbers where there are some."""

    @property
    def header(self) -> dict[str, Any]:
        """Its `kind` is returned, malformed, raised or evidence."""
        ...

    @property
    def payload(self) -> bytes:
        """Of what was returned exactly as many bytes as were asked for, else none."""
        ...


class Exchange(Protocol[ExchangeCases_contra]):
    """What a jail is told of a subject, and what its replies mean."""

    @property
    def function(self) -> str:
        """The name of the student's function."""
        ...

    @property
    def given(self) -> frozenset[str]:
        """Names that the student's module is given beside `np`."""
        ...

    @property
    def fixed(self) -> frozenset[str]:
        """Those of them that keep our value, whatever the submission binds."""
        ...

    @property
    def lists(self) -> frozenset[str]:
        """Names of lists of which the student's lines are wanted that write an entry."""
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

    def observation(self, cases: ExchangeCases_contra) -> Question | None:
        """Return what asks for the lists that are written on the way; None if the subject has none."""
        ...

    def answers(self, cases: ExchangeCases_contra, replies: Sequence[Reply]) -> list[Answer]:
        """Return the answers that the replies to the first of the cases hold; raises Crashed."""
        ...

    def evidence(self, cases: ExchangeCases_contra, replies: Sequence[Reply]) -> list[Evidence]:
        """Return the lists that the replies to an observation hold."""
        ...


#: An exchange of cases that only its subject looks into.
AnyExchange = Exchange[Any]


def raised(header: Mapping[str, Any]) -> Raised:
    """What a reply that raised says, each text cut to what is kept."""
    type_, message, traceback = (
        text(header.get(key), cap) for key, cap in (("type", 200), ("message", 2000), ("traceback", 8000))
    )
    frames, lines = (tuple(SourceLine.of(*each) for each in header[key]) for key in ("frames", "lines"))
    return Raised(type_, message, traceback, frames, lines)


def text(value: Any, cap: int) -> str:
    """A text of at most so many characters; empty if it is none."""
    return value[:cap] if isinstance(value, str) else ""
