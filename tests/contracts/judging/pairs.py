"""Candidates of ours about the toy's pairs: they are right, differ, change things and end, as a test wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.contracts.cases.answers import Answer, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import CandidateError, Crashed
from backmark.grader.model.verdict import Judgement, Property
from tests.contracts.judging.toy import draw_revision, find_right

#: Pairs of the revision that is judged.
PAIRS = 30

#: An answer made of the number of the call, the pair, and the right answer.
Change = Callable[[int, ContractCases, Returned], Answer]


def leave(_call: int, _pair: ContractCases, right: Returned) -> Answer:
    """The right answer."""
    return right


def off(right: Returned, place: int = 0) -> Returned:
    """An answer with one wrong number: the total, or one of the cube."""
    numbers = right.numbers.copy()
    numbers[place] += 1
    return Returned(numbers)


def wrong_from(first: int, place: int = 0) -> Change:
    """Wrong in one number from call `first` on."""
    return lambda call, _, right: off(right, place) if call >= first else right


def fails_always(pairs: ContractCases, _answers: Sequence[Answer]) -> list[bool]:
    return [True] * len(pairs)


def fails_never(pairs: ContractCases, _answers: Sequence[Answer]) -> list[bool]:
    return [False] * len(pairs)


@dataclass
class Ours:
    """A candidate that answers in our own process, and ends with `ending` instead of its call `ends_at`."""

    change: Change = leave
    ends_at: int | None = None
    ending: CandidateError = field(default_factory=lambda: Crashed("It ended."))
    calls: int = 0

    def answer(self, cases: ContractCases) -> list[Answer]:
        """The answers to the pairs, in order."""
        answers: list[Answer] = []
        for i in range(len(cases)):
            if self.calls == self.ends_at:
                self.ending.answers = answers
                raise self.ending
            answers.append(self.change(self.calls, cases.take([i]), Returned(find_right(cases, i))))
            self.calls += 1
        return answers


def judge_of(made: type[Contract] = Contract) -> Judge:
    return Judge(draw_revision(made))


def judge_change(
    change: Change = leave, *, fresh: Ours | None = None, made: type[Contract] = Contract, **ending: Any
) -> Judgement:
    """The judgement of a candidate; in a fresh process it is the same again, or `fresh`."""
    return judge_of(made).judge(Ours(change, **ending), lambda: fresh or Ours(change))


def row_of(judgement: Judgement, name: str) -> Property:
    return next(row for row in judgement.properties if row.name == name)
