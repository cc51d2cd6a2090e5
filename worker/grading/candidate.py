"""A submission behind the wall as a Candidate: cases out, arrays in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import AnyExchange, ContractExchange
from backmark.grader.contracts.cases.question import Question
from backmark.grader.contracts.repair.mender import Script, SpelledEdit
from backmark.grader.errors import CandidateError, Crashed
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

    def __init__(self, exchange: ContractExchange, questions: ContractCases | None = None) -> None:
        """Make the frames for an exchange; `questions` are the cases that every submission is asked first."""
        self.exchange = exchange
        self._questions = questions
        self._made: WeakKeyDictionary[ContractCases, JailRequest] = WeakKeyDictionary()

    def of(self, cases: ContractCases) -> JailRequest:
        """Return the request about every case."""
        if cases not in self._made:
            self._made[cases] = request(self.exchange.question(cases))
        return self._made[cases]

    @property
    def whole(self) -> JailRequest | None:
        """The request that every submission is asked first."""
        return None if self._questions is None else self.of(self._questions)

    def count_first(self, cases: ContractCases) -> int:
        """Return the number of these cases if that request begins with them, else 0."""
        whole = () if self._questions is None else self._questions.drawn
        begin = len(cases) <= len(whole) and all(map(is_, cases.drawn, whole))
        return len(cases) if begin else 0


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

    def study(self, cases: ContractCases, study: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what may be mended of it by a solution; raises CandidateError."""
        question = self.requests.exchange.question(cases)
        header = {**question.header, "study": study}
        asked = JailRequest(header, question.payload, [0, 0], whole=self.requests.whole)
        listed, matched = (reply.header for reply in self.session.answer(asked))
        if (listed["kind"], matched["kind"]) != ("statements", "study"):
            raise Crashed(_NO_ANSWER)
        return {**listed, **matched}

    def list_edits(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
        """Return by statement the kinds of its edits; raises CandidateError."""
        (reply,) = self.session.answer(JailRequest({"edits": [list(pair) for pair in pairs]}, b"", [0]))
        if reply.header["kind"] != "edits":
            raise Crashed(_NO_ANSWER)
        return [tuple(kinds) for kinds in reply.header["edits"]]

    def spell(self, edits: Sequence[tuple[int, int]]) -> list[SpelledEdit]:
        """Return edits in full; raises CandidateError."""
        (reply,) = self.session.answer(JailRequest({"spelled": [list(edit) for edit in edits]}, b"", [0]))
        if reply.header["kind"] != "texts":
            raise Crashed(_NO_ANSWER)
        return [
            SpelledEdit(place, text, tuple((kind, before, after) for kind, before, after in changes))
            for place, text, changes in reply.header["texts"]
        ]

    def mend(self, cases: ContractCases, scripts: Sequence[Script]) -> list[list[Answer]]:
        """Return by script the answers to the cases; a CandidateError carries those received before it, in a row."""
        exchange, question, times = self.requests.exchange, self.requests.of(cases), len(scripts)
        header = {**question.header, "scripts": scripts}
        sizes, parts = [*question.answer_sizes] * times, [*question.answer_parts] * times
        first = self.requests.count_first(cases)
        asked = JailRequest(header, question.payload, sizes, parts, self.requests.whole, first)
        try:
            replies = self.session.answer(asked)
        except CandidateError as error:
            error.answers = [answer for part in _split(exchange, cases, self.session.replies) for answer in part]
            raise
        return _split(exchange, cases, replies)


def _split(exchange: ContractExchange, cases: ContractCases, replies: Sequence[Reply]) -> list[list[Answer]]:
    """Return the answers to the cases one time after the other, the last time perhaps to fewer."""
    count = len(cases)
    return [exchange.answers(cases, replies[at : at + count]) for at in range(0, len(replies), count)]
