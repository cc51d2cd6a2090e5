"""A submission behind the wall as a Candidate: cases out, arrays in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from grader.errors import CandidateError
from grader.judge.exchange import Question
from grader.oracle.answers import Answer, Evidence
from worker.sandbox.inside.entry import Entry
from worker.sandbox.reply import Reply
from worker.sandbox.request import Request

if TYPE_CHECKING:
    from grader.judge.subject import AnyExchange


class Conversation(Protocol):
    """What is needed of a session."""

    replies: list[Reply]

    def answer(self, request: Request) -> list[Reply]:
        """One reply for each case; a CandidateError leaves those that came in `replies`."""
        ...


def entry(exchange: "AnyExchange") -> Entry:
    """What of a submission a jail is asked to find."""
    return Entry(
        exchange.function, exchange.given, exchange.fixed, exchange.lists, exchange.arguments, exchange.results
    )


def request(question: Question) -> Request:
    """The frame of a question."""
    return Request(*question)


class Requests:
    """The frames of a subject's cases, each made once, and kept for as long as its cases are somebody's."""

    def __init__(self, exchange: "AnyExchange") -> None:
        self.exchange = exchange
        self._made: WeakKeyDictionary[Any, Request] = WeakKeyDictionary()

    def of(self, cases: Any) -> Request:
        """What asks about every case."""
        if cases not in self._made:
            self._made[cases] = request(self.exchange.question(cases))
        return self._made[cases]


@dataclass(slots=True)
class Jailed:
    """The student's function in its jail."""

    session: Conversation
    requests: Requests

    def answer(self, cases: Any) -> list[Answer]:
        """One answer for each case; a CandidateError carries those that came before it."""
        exchange = self.requests.exchange
        try:
            replies = self.session.answer(self.requests.of(cases))
        except CandidateError as error:
            error.answers = exchange.answers(cases, self.session.replies)
            raise
        return exchange.answers(cases, replies)

    def evidence(self, cases: Any) -> list[Evidence]:
        """The lists that it writes on its way, for each case in order; fewer if it ends before."""
        question = self.requests.exchange.observation(cases)
        if question is None:
            return []
        replies: Sequence[Reply]
        try:
            replies = self.session.answer(request(question))
        except CandidateError:
            replies = self.session.replies
        return self.requests.exchange.evidence(cases, replies)
