"""A submission behind the wall as a Candidate: cases out, arrays in."""

from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import AnyExchange, ContractExchange
from backmark.grader.contracts.cases.question import Question
from backmark.grader.errors import CandidateError
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.reply import Reply
from backmark.worker.sandbox.request import JailRequest

_NO_ANSWER = "Your code's process sent something that is not an answer."


class Conversation(Protocol):
    """The part of a session that a candidate needs."""

    replies: list[Reply]

    def answer(self, request: JailRequest) -> list[Reply]:
        """Return one reply for each case; after a CandidateError, `replies` holds the replies received before it."""
        ...


def entry(exchange: AnyExchange) -> Entry:
    """Return the description of the functions that a jail must find."""
    return Entry(
        exchange.function,
        others=exchange.others,
        classes=exchange.classes,
        given=exchange.given,
        fixed=exchange.fixed,
        lists=exchange.lists,
        arguments=exchange.arguments,
        results=exchange.results,
        call=exchange.call,
        beside=exchange.beside,
        package=exchange.package,
        noun="case",
    )


def request(question: Question) -> JailRequest:
    """Return the frame of a question."""
    return JailRequest(*question)


class Requests:
    """The frames of a contract's cases, each made once, and kept for as long as these are in use."""

    def __init__(self, exchange: ContractExchange) -> None:
        """Make the frames for an exchange."""
        self.exchange = exchange
        self._made: WeakKeyDictionary[ContractCases, JailRequest] = WeakKeyDictionary()

    def of(self, cases: ContractCases) -> JailRequest:
        """Return the request about every case."""
        if cases not in self._made:
            self._made[cases] = request(self.exchange.question(cases))
        return self._made[cases]


@dataclass(slots=True)
class Jailed:
    """The student's function in its jail."""

    session: Conversation
    requests: Requests

    def answer(self, cases: ContractCases) -> list[Answer]:
        """Return one answer for each case; a CandidateError carries the answers received before it."""
        exchange = self.requests.exchange
        try:
            replies = self.session.answer(self.requests.of(cases))
        except CandidateError as error:
            error.answers = exchange.answers(cases, self.session.replies)
            raise
        return exchange.answers(cases, replies)
