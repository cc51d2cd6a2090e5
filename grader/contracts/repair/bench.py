"""The jails in which a wrong submission is mended, one at a time, and what they answer after scripts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from backmark.grader.contracts.cases.answers import Answer, Raised
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.language.row_comments import RowStatement
from backmark.grader.contracts.repair.mender import Mender, SpelledEdit
from backmark.grader.contracts.repair.study import EDIT, Operation, Script, Study
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.errors import CandidateError, TimedOut
from backmark.grader.model.slip import Slip

#: Numbers that answers may have together, of the scripts of one request.
_NUMBERS = 1 << 20
#: Jails that may end under scripts, of one submission and one solution.
_RESTARTS = 3

Menders = Callable[[], Mender]
_Answer = TypeVar("_Answer")


class GaveUpError(Exception):
    """Too many jails ended while a submission was mended."""


@dataclass(frozen=True)
class WrongSubmission:
    """A submission to be mended: its answers, the cases on which they are wrong, and its jails."""

    failing: Sequence[int]
    answers: Sequence[Answer]
    menders: Menders
    #: False if it has answered the same question in different ways.
    repeats: bool = True

    @cached_property
    def raised(self) -> frozenset[tuple[int, int]]:
        """The lines at which it raised, by cell and number."""
        frames = (line for answer in self.answers if isinstance(answer, Raised) for line in answer.frames)
        return frozenset((line.cell or 0, line.line) for line in frames)


class NamedSlips(NamedTuple):
    """The slips in a statement, and its place among those that write one target."""

    place: int
    slips: tuple[Slip, ...]


@dataclass
class Bench:
    """One jail at a time in which scripts are run; one that ends under a script is started again."""

    cases: ContractCases
    lesson: Mapping[str, Any]
    commented: Sequence[RowStatement]
    submission: WrongSubmission
    #: The statements whose edits are known, each with the one of the solution's with which it is compared.
    compared: dict[int, int] = field(default_factory=dict)
    #: By script and operation the edit that names what is wrong with the statement, once it was looked for.
    edits: dict[Script, Mapping[Operation, Operation]] = field(default_factory=dict, init=False)
    #: What may be mended: what any other jail finds otherwise is not the same submission.
    study: Study = field(init=False)
    _mender: Mender | None = field(default=None, init=False)
    _left: int = field(default=_RESTARTS, init=False)

    def __post_init__(self) -> None:
        self._mender, self.study = self._start()

    def _start(self) -> tuple[Mender, Study]:
        try:
            mender = self.submission.menders()
            study = Study.read(mender.study(self.cases.take([]), self.lesson), self.commented, self.submission.raised)
            if self.compared:
                # Edits are known by their places.
                mender.list_edits(list(self.compared.items()))
        except TimedOut:
            raise
        except CandidateError as error:
            raise GaveUpError from error
        return mender, study

    def _find_mender(self) -> Mender:
        """Return the jail that runs, or another one."""
        if self._mender is not None:
            return self._mender
        mender, study = self._start()
        if study != self.study:
            raise GaveUpError
        self._mender = mender
        return mender

    def start_fresh(self, cases: ContractCases) -> "Bench":
        """Return a bench for these cases whose jail has run nothing of the submission yet."""
        self.leave()
        return replace(self, cases=cases, compared={})

    def leave(self) -> None:
        """Give the jail up: one that is wanted after this is started again."""
        self._mender = None

    def list_edits(
        self, numbers: Collection[int] | None = None, kinds: Collection[str] | None = None
    ) -> list[Operation]:
        """Return the edits of statements, or of all; each is compared with the likeliest of the solution's.

        `kinds` are those of the edits, if not all are wanted. Raises GaveUpError, TimedOut.
        """
        study = self.study
        wanted = [own for own in study.statements if numbers is None or own.number in numbers]
        pairs = [(own.number, study.compared.get(own.number, -1)) for own in wanted]
        if not pairs:
            return []
        listed = self._ask_about_edits(lambda mender: mender.list_edits(pairs))
        self.compared |= dict(pairs)
        return [
            (EDIT, number, place)
            for (number, _), own in zip(pairs, listed, strict=True)
            for place, kind in enumerate(own)
            if kinds is None or kind in kinds
        ]

    def spell(self, edits: Sequence[Operation]) -> list[SpelledEdit]:
        """Return edits in full; raises GaveUpError, TimedOut."""
        return self._ask_about_edits(lambda mender: mender.spell([(edit[1], edit[-1]) for edit in edits]))

    def _ask_about_edits(self, ask: Callable[[Mender], _Answer]) -> _Answer:
        try:
            return ask(self._find_mender())
        except TimedOut:
            raise
        except CandidateError as error:
            self.leave()
            raise GaveUpError from error

    def are_right(self, scripts: Sequence[Script]) -> list[bool]:
        """Return for each script True if every answer is right after it; of several the first case is asked first."""
        if len(scripts) == 1 or len(self.cases) == 1:
            return self._ask(scripts, self.cases)
        right = self._ask(scripts, self.first)
        hopeful = [place for place, is_right in enumerate(right) if is_right]
        rest = self._ask([scripts[place] for place in hopeful], self._others)
        for place, is_right in zip(hopeful, rest, strict=True):
            right[place] = is_right
        return right

    @cached_property
    def first(self) -> ContractCases:
        """The first case; as with the others, a request about it is made once."""
        return self.cases.take([0])

    @cached_property
    def _others(self) -> ContractCases:
        return self.cases.take(list(range(1, len(self.cases))))

    def _ask(self, scripts: Sequence[Script], tried: ContractCases) -> list[bool]:
        return [
            len(answers) == len(tried) and not any(disagreeing(tried, answers))
            for answers in self.answer(scripts, tried)
        ]

    def answer(self, scripts: Sequence[Script], cases: ContractCases | None = None) -> list[Sequence[Answer]]:
        """Return by script the answers, fewer for one under which the jail ended; raises GaveUpError, TimedOut."""
        tried = self.cases if cases is None else cases
        at_once = max(1, _NUMBERS // (len(tried.expected) or 1))
        every: list[Sequence[Answer]] = []
        while len(every) < len(scripts):
            asked = scripts[len(every) : len(every) + at_once]
            try:
                every += self._find_mender().mend(
                    tried, [[list(operation) for operation in script] for script in asked]
                )
            except TimedOut:
                raise
            except CandidateError as error:
                every += _list_ended(error.answers, len(asked), len(tried))
                self.leave()
                self._left -= 1
                if self._left < 0:
                    raise GaveUpError from error
        return every


def _list_ended(answers: Sequence[Answer], scripts: int, cases: int) -> list[Sequence[Answer]]:
    """Return the answers by script of a jail that ended, and none for the script under which it did.

    One may end after its last answer, as it was too much: that is the last script's.
    """
    whole = [answers[at : at + cases] for at in range(0, len(answers), cases)]
    return [*[part for part in whole if len(part) == cases][: scripts - 1], ()]
