"""A submission may say anything in the place of its answers: at random, and several lies at once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import CandidateError, Crashed, JailFailed
from backmark.grader.model.outcome import Outcome
from backmark.worker.grading.candidate import Jailed, Requests, entry
from backmark.worker.grading.programs import JailedPrograms, KeptSolution
from backmark.worker.sandbox.inside import wire
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.reply import AnswerReader, Reply
from backmark.worker.sandbox.request import JailRequest
from tests.contracts.language.test_row_comments import ROWS, SOLUTION
from tests.contracts.making import LINEAR, build, contract
from tests.local import LocalSession, LocalWriter
from tests.night import by_day

#: Wrong in both derivatives, so that no answer of it is right, whichever case it is given for.
WRONG = SOLUTION.replace("dout @ w.T", "dout @ w.T * 2").replace("x.T @ dout", "x.T @ dout + 1")
#: What may stand in the place of anything.
VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 7, 1 << 31, 1 << 80, 10**400, 0.5, -0.0, 1e308),
    *("", "x", "x" * 300, "\ud800", "a\nb", "factor", "solution", "returned", "raised"),
    *([], {}, [[]], [None], [0] * 500, [[0, 1]], ["factor", "a", "b"], {"kind": "returned", "changed": []}),
)
FORGERIES = range(1000)


@cache
def make_judge() -> Judge:
    return Judge(build(contract(f"{LINEAR}{ROWS}", solution=SOLUTION)))


@dataclass
class Forger:
    """Changes what a submission says: a share of its answers."""

    random: Random
    answers: float
    #: Headers that were said before: in the place of another, two lies are told at once.
    said: list[dict[str, Any]] = field(default_factory=list)

    def forge(self, reply: Reply) -> bytes:
        """Return the frame that is sent in the place of an answer."""
        header, payload = json.loads(json.dumps(reply.header)), bytes(reply.payload)
        self.said.append(header)
        if self.random.random() >= self.answers:
            return wire.pack(header, payload)
        for _ in range(self.random.choice([1, 1, 2, 5])):
            header = self._change(header)
        if self.random.random() < 0.2:
            header = json.loads(json.dumps(self.random.choice(self.said)))
        if self.random.random() < 0.3:
            payload = self._change_payload(payload)
        header = header if isinstance(header, dict) else {"kind": header}
        return wire.pack(header, payload) * (2 if self.random.random() < 0.02 else 1)

    def _change(self, value: Any) -> Any:
        if isinstance(value, dict) and value and self.random.random() < 0.9:
            name = self.random.choice(list(value))
            if self.random.random() < 0.1:
                return {key: part for key, part in value.items() if key != name}
            return {**value, name: self._change(value[name])}
        if isinstance(value, list) and value and self.random.random() < 0.9:
            place = self.random.randrange(len(value))
            changed = [*value[:place], self._change(value[place]), *value[place + 1 :]]
            return changed * self.random.choice([1, 1, 1, 2, 40])
        return self.random.choice(VALUES)

    def _change_payload(self, payload: bytes) -> bytes:
        numbers = np.frombuffer(payload, "<f8") if len(payload) % 8 == 0 else np.zeros(1)
        changed = self.random.choice([numbers * 0, numbers + np.nan, numbers * 1e300, numbers[:-1], np.ones(3)])
        return bytes(changed.tobytes())


class ForgedSession:
    """Answers as a session does whose process lies: through the same reader, which ends it at the first bad frame."""

    def __init__(self, source: str, names: Entry, forger: Forger) -> None:
        self._inner, self._entry, self._forger = LocalSession(source, names), names, forger
        self.replies: list[Reply] = []
        self._over = False

    @property
    def usable(self) -> bool:
        """True until a frame was no answer."""
        return not self._over

    def answer(self, request: JailRequest) -> list[Reply]:
        """Return what the reader takes; raises Crashed at a frame that it does not."""
        self.replies = []
        if self._over:
            raise JailFailed("This jail is over")
        sizes = request.answer_sizes
        reader = AnswerReader(self._entry, refers=request.refers)
        frames = self._send(request)
        try:
            for size, parts in zip(sizes, request.answer_parts or [0] * len(sizes), strict=True):
                self.replies.append(reader.read(next(frames), size, parts))
        except (StopIteration, wire.WireError, Crashed) as error:
            self._over = True
            raise Crashed("Your code's process sent something that is not an answer.") from error
        return self.replies

    def _send(self, request: JailRequest) -> Iterator[wire.Frame]:
        parser = wire.Parser(payload_cap=max(request.answer_sizes, default=0))
        for reply in self._inner.answer(request):
            yield from parser.feed(self._forger.forge(reply))


class ForgedRunner(LocalWriter):
    """Runs programs that lie; what is written is written where nothing of the submission runs."""

    def __init__(self, forger: Forger) -> None:
        super().__init__()
        self._forger = forger
        self._forged: ForgedSession | None = None

    def extract(self, source: bytes, filename: str, entry: Entry) -> None:
        """Read a file."""
        super().extract(source, filename, entry)
        self._forged = ForgedSession(source.decode(), entry, self._forger)

    def answer(self, request: JailRequest) -> list[Reply]:
        """Return what the reader takes."""
        assert self._forged is not None
        try:
            return self._forged.answer(request)
        finally:
            self.usable, self.replies = self._forged.usable, self._forged.replies


def judge_forged(seed: int) -> tuple[Outcome, int]:
    """Return the outcome of a submission that lies at random, and its marks."""
    random = Random(seed)  # noqa: S311 - the same lies each time
    forger = Forger(random, random.choice([0.0, 0.003, 0.02, 0.3]))
    judge = make_judge()
    exchange, names = judge.contract.exchange, entry(judge.contract.exchange)

    def start() -> Jailed:
        return Jailed(ForgedSession(WRONG, names, forger), Requests(exchange))

    def check(check_exchange: ContractExchange) -> Jailed:
        return Jailed(start().session, Requests(check_exchange))

    programs = JailedPrograms(
        *(WRONG.encode(), "mine.py", judge.assignment.solution, exchange),
        *(lambda: ForgedRunner(forger), LocalWriter, KeptSolution()),
    )
    judgement = judge.judge(start(), start, check, programs)
    if judgement.outcome is Outcome.REJECTED:
        # What is no attempt tells nothing of any case.
        assert judgement.error is not None
        assert judgement.error.type in {"python_2", "unfilled"}
        assert not any(row.counterexample for row in judgement.properties)
        assert {row.score for row in judgement.properties} == {0}
        assert (judgement.counterexample, judgement.repair, judgement.diagnosis) == (None, (), ())
    return judgement.outcome, sum(row.score for row in judgement.properties)


@pytest.mark.parametrize("seed", by_day(FORGERIES, 20))
def test_random_forged_frames_buy_no_pass_and_are_no_failure_of_ours(seed: int) -> None:
    """Answers and values are forged together, and each other's headers sent in their places."""
    outcome, marks = judge_forged(seed)
    assert outcome in {Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.REJECTED}
    most = sum(row.most for row in make_judge().contract.rows)
    assert marks < most


def test_an_error_of_a_candidate_is_the_only_one_that_a_forged_frame_raises() -> None:
    """So that what escapes the judge above is a failure of ours, and nothing hides it."""
    assert not issubclass(JailFailed, CandidateError)
