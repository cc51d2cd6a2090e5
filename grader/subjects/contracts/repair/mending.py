"""A wrong submission is mended in a jail of its own: the statements that must be, and the others that are shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.errors import CandidateError, TimedOut
from grader.judge.agreement import disagreeing
from grader.judge.mending import Mender
from grader.oracle.answers import Answer, Raised
from grader.subjects.contracts.assignment import ContractAssignment
from grader.subjects.contracts.cases import ContractCases
from grader.subjects.contracts.exchange import join_numbers
from grader.subjects.contracts.repair.search import ExhaustedError, Search
from grader.subjects.contracts.repair.study import INSERT, REMOVE, ZERO, Operation, Script, Study
from grader.subjects.contracts.row_comments import RowStatement, read_row_statements
from grader.subjects.contracts.rows import all_wrong

#: Cases by which the variables of a submission are compared with the solution's, and on which scripts are tried.
_STUDIED, _TRIED = 6, 12
#: Single edits that are tried where several statements would be replaced.
_SLIPS = 400
#: Jails that may end under scripts, of one submission and one solution.
_RESTARTS = 3

Menders = Callable[[], Mender]


class GaveUpError(Exception):
    """Too many jails ended while a submission was mended."""


@dataclass(frozen=True, slots=True)
class Repair:
    """The fewest operations after which a submission is right on every case, and what else was seen of it."""

    study: Study
    operations: tuple[Operation, ...]
    #: The statements of the submission's without which it would not be right.
    shown: frozenset[int]
    #: By operation the answers without it, all others made, to the cases at these places.
    without: Mapping[Operation, Sequence[Answer]]
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class WrongSubmission:
    """A submission to be mended: the cases on which it is wrong, the lines at which it raised, and its jails."""

    failing: Sequence[int]
    raised: frozenset[tuple[int, int]]
    menders: Menders

    @classmethod
    def of(cls, failing: Sequence[int], answers: Sequence[Answer], menders: Menders) -> "WrongSubmission":
        """Return the submission that gave these answers."""
        frames = (line for answer in answers if isinstance(answer, Raised) for line in answer.frames)
        return cls(failing, frozenset((line.cell or 0, line.line) for line in frames), menders)


@dataclass(frozen=True, slots=True)
class Repairer:
    """The part of a contract that mends submissions."""

    assignment: ContractAssignment
    cases: ContractCases
    #: The places of the cases, from the smallest to the largest.
    order: Sequence[int]

    def repair(self, submission: WrongSubmission) -> Repair | None:
        """Return the smallest repair by one of the solutions, the first of several; None if there is none.

        Raises TimedOut if the seconds for mending are used up.
        """
        best: Repair | None = None
        for source in (self.assignment.solution, *(other.source for other in self.assignment.other_solutions)):
            commented = read_row_statements(source)
            if not commented:
                continue
            found = None
            # The submission runs beside the solution only if its own names do not do.
            for record in (False, True):
                try:
                    found = found or self._repair_by(source, commented, submission, record=record)
                except (GaveUpError, ExhaustedError):
                    continue
            if found is not None and (best is None or len(found.operations) < len(best.operations)):
                best = found
            if best is not None and len(best.operations) == 1:
                break
        return best

    def _repair_by(
        self, source: str, commented: Sequence[RowStatement], submission: WrongSubmission, *, record: bool
    ) -> Repair | None:
        places = choose_cases(self.cases, self.order, submission.failing)
        lesson = {
            "solution": source,
            "lines": [statement.first for statement in commented],
            "template": self.assignment.template,
            "record": record,
            "edits": False,
        }
        bench = Bench(self.cases.take(places), self.cases.take(places[:_STUDIED]), lesson, commented, submission)
        study = bench.study
        if not study.replacements | study.insertions:
            return None
        script = Search(study, bench.are_right).find()
        if not script:
            # Code that is right as it stands here is not the code that was judged.
            return None
        # Confirming takes other jails, after which this one is no more.
        repair = self._describe(script, bench, places)
        if len(script) > 1 and not script & (study.insertions | study.unfilled):
            slip = self._find_slip(script, bench)
            if slip is not None:
                slipped = self._describe(slip, bench, places)
                if self._is_confirmed(slip, bench):
                    return slipped
        return repair if self._is_confirmed(script, bench) else None

    def _describe(self, script: Script, bench: "Bench", places: Sequence[int]) -> Repair:
        """Return a repair with the answers without each of its operations, and the statements that are shown."""
        study = bench.study
        operations = tuple(sorted(script, key=lambda operation: _line_of(study, operation)))
        without = bench.answer([script - {operation} for operation in operations])
        return Repair(
            study, operations, self._list_shown(bench, script), dict(zip(operations, without, strict=True)), places
        )

    @staticmethod
    def _find_slip(script: Script, bench: "Bench") -> Script | None:
        """Return the single edit of one statement after which a submission is right that needs several replacements.

        A factor that was moved to another line is one mistake, in its own line.
        """
        bench.study_edits()
        mended = {operation[1] for operation in script}
        counting = [edit for edit in bench.study.list_edits() if edit[1] in bench.study.matched]
        edits = sorted(counting, key=lambda edit: (edit[1] not in mended, edit))[:_SLIPS]
        scripts = [frozenset({edit}) for edit in edits]
        first = bench.cases.take([0])
        hopeful = [slip for slip, right in zip(scripts, bench.are_right(scripts, first), strict=True) if right]
        right = [slip for slip, right in zip(hopeful, bench.are_right(hopeful), strict=True) if right]
        # Edits of different statements that are all right show none of them.
        return right[0] if len({number for slip in right for _, number, *_ in slip}) == 1 else None

    def _is_confirmed(self, script: Script, bench: "Bench") -> bool:
        """Return True if a submission is right after a script on every case, in two processes that did nothing else."""
        for _ in range(2):
            fresh = replace(bench, cases=self.cases)
            if not fresh.are_right([script])[0]:
                return False
        return True

    @staticmethod
    def _list_shown(bench: "Bench", script: Script) -> frozenset[int]:
        """Return the statements that count for a row, need no mending, and without which it is wrong.

        Without a statement, or with zeros in its place, some case must be wrong whose sizes are all above 1.
        """
        mended = {operation[1] for operation in script if operation[0] != INSERT}
        kept = [number for number in bench.study.matched if number not in mended]
        scripts = [script | {(kind, number)} for number in kept for kind in (REMOVE, ZERO)]
        right = bench.are_right(scripts)
        pairs = zip(kept, right[::2], right[1::2], strict=True)
        return frozenset(number for number, removed, zeroed in pairs if not (removed and zeroed))


def _line_of(study: Study, operation: Operation) -> tuple[tuple[int, int], Operation]:
    own = study.own.get(operation[1]) if operation[0] != INSERT else None
    return own.lines[0] if own is not None else (1 << 30, 0), operation


@dataclass
class Bench:
    """One jail at a time in which scripts are run; one that ends under a script is started again."""

    cases: ContractCases
    studied: ContractCases
    lesson: Mapping[str, Any]
    commented: Sequence[RowStatement]
    submission: WrongSubmission
    _mender: Mender = field(init=False)
    study: Study = field(init=False)
    _left: int = field(default=_RESTARTS, init=False)

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        try:
            self._mender = self.submission.menders()
            reply = self._mender.study(self.studied, self.lesson)
            self.study = Study.read(reply, self.commented, self.submission.raised)
        except TimedOut:
            raise
        except CandidateError as error:
            raise GaveUpError from error

    def study_edits(self) -> None:
        """List the single edits of the statements as well."""
        self.lesson = {**self.lesson, "edits": True}
        self._start()

    def spell(self, edits: Sequence[Operation]) -> Sequence[tuple[int, str]]:
        """Return the line and the text of edits of an author's source; raises a CandidateError."""
        spelled = [list(edit[1:]) for edit in edits]
        reply = self._mender.study(self.studied.take([]), {**self.lesson, "edits": False, "spelled": spelled})
        return [(line, text) for line, text in reply["texts"]]

    def are_right(self, scripts: Sequence[Script], cases: ContractCases | None = None) -> list[bool]:
        """Return for each script True if every answer is right after it."""
        tried = self.cases if cases is None else cases
        return [
            len(answers) == len(tried) and not any(disagreeing(tried, answers))
            for answers in self.answer(scripts, tried)
        ]

    def answer(self, scripts: Sequence[Script], cases: ContractCases | None = None) -> list[Sequence[Answer]]:
        """Return by script the answers, fewer for one under which the jail ended; raises GaveUpError, TimedOut."""
        tried = self.cases if cases is None else cases
        every: list[Sequence[Answer]] = []
        todo = list(scripts)
        while todo:
            try:
                every += self._mender.mend(tried, [[list(operation) for operation in script] for script in todo])
                break
            except TimedOut:
                raise
            except CandidateError as error:
                count = len(tried)
                parts = [error.answers[at : at + count] for at in range(0, len(error.answers), count)]
                whole = [part for part in parts if len(part) == count]
                every += [*whole, ()]
                todo = todo[len(whole) + 1 :]
                self._left -= 1
                if self._left < 0:
                    raise GaveUpError from error
                self._start()
        return every


def choose_cases(cases: ContractCases, order: Sequence[int], failing: Sequence[int]) -> list[int]:
    """Return the places of the cases on which scripts are tried: failing ones, those of uneven sizes, and others."""
    wrong = set(failing)
    uneven = [i for i in order if _sizes_above_one(cases, i)]
    chosen: list[int] = []
    for places in ([i for i in uneven if i in wrong], uneven, [i for i in order if i in wrong], order):
        left = _TRIED // 3 if places is not order else _TRIED - len(chosen)
        step = max(1, len(places) // max(1, left))
        chosen += [i for i in places[::step] if i not in chosen][:left]
    return chosen[:_TRIED]


def _sizes_above_one(cases: ContractCases, i: int) -> bool:
    dims = cases.drawn[i].dims.values()
    sizes = [size for dim in dims for size in (dim if isinstance(dim, list) else [dim]) if type(size) is int]
    return all(size > 1 for size in sizes)


def find_first_wrong(
    repair: Repair, operation: Operation, cases: ContractCases, answers: Sequence[Answer]
) -> tuple[int, int] | None:
    """Return the case and the place of a number that is wrong in the submission, and also if only this is not mended.

    It is the first number of the first such case; None if there is none, as where the submission returned none at all.
    """
    for place, answer in zip(repair.places, repair.without[operation], strict=False):
        case = cases.take([place])
        there = np.isfinite(join_numbers([answers[place]], case.starts))
        both = all_wrong(case, [answer]) & all_wrong(case, [answers[place]]) & there
        if both.any():
            return place, int(np.flatnonzero(both)[0])
    return None
