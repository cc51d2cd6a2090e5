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
from grader.subjects.contracts.repair.search import ExhaustedError, RepairSearch
from grader.subjects.contracts.repair.study import HEADER, INSERT, REMOVE, ZERO, Operation, Script, Study
from grader.subjects.contracts.row_comments import RowStatement, read_graded_lines
from grader.subjects.contracts.rows import all_wrong

#: Cases by which the variables of a submission are compared with the solution's, and on which scripts are tried.
_STUDIED, _TRIED = 6, 12
#: Single edits that are tried where several statements would be replaced.
_SLIPS = 400
#: Statements of a submission with other names than the solution's that are believed to be wrong together.
_MOST_RENAMED = 2
#: Numbers that answers may have together, of the scripts of one request.
_NUMBERS = 1 << 20
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

    def rows_of(self, operation: Operation) -> tuple[str, ...]:
        """Return the rows that one of its operations costs.

        A statement that only raises stands for the line that is missing, such as a template's `raise`, if there is one.
        """
        insertions = [other for other in self.operations if other[0] == INSERT]
        return self.study.rows_of(insertions[0] if self.raises(operation) and insertions else operation)

    def raises(self, operation: Operation) -> bool:
        """Return True if a statement is removed because it raises, and not because it overwrites anything."""
        return operation[0] == REMOVE and not self.study.own[operation[1]].overwritten


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
            commented = read_graded_lines(source)
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
        if not study.replacements | study.insertions | study.frames:
            return None
        script = RepairSearch(study, bench.are_right).find()
        if not script:
            # Code that is right as it stands here is not the code that was judged.
            return None
        found = [script]
        if len(script) > 1 and not script & (study.insertions | study.unfilled):
            try:
                bench, slip = self._find_slip(script, bench)
                found = [*slip, script]
            except GaveUpError:
                # Without edits, too, the script is right.
                bench.leave()
        if study.renamed and len(script) > _MOST_RENAMED:
            # Under other names the more is replaced, the more of it may be right in another arrangement.
            found.remove(script)
        for script in found:
            # Confirming it ends the bench's jail, so this comes first.
            repair = self._see(script, bench, places)
            if self._is_confirmed(script, bench):
                return repair
        return None

    def _see(self, script: Script, bench: "Bench", places: Sequence[int]) -> Repair:
        """Return the repair by a script, with what is seen of the submission beside it."""
        study = bench.study
        operations = tuple(sorted(script, key=lambda operation: _line_of(study, operation)))
        without = bench.answer([script - {operation} for operation in operations])
        return Repair(
            study, operations, self._list_shown(bench, script), dict(zip(operations, without, strict=True)), places
        )

    @staticmethod
    def _find_slip(script: Script, bench: "Bench") -> tuple["Bench", list[Script]]:
        """Return the single edit of one statement after which a submission is right that needs several replacements.

        A factor that was moved to another line is one mistake, in its own line. The bench knows the edits.
        """
        bench = bench.study_edits()
        mended = {operation[1] for operation in script}
        edits = sorted(bench.study.list_edits(), key=lambda edit: (edit[1] not in mended, edit))[:_SLIPS]
        scripts = [frozenset({edit}) for edit in edits]
        right = [slip for slip, is_right in zip(scripts, bench.are_right(scripts), strict=True) if is_right]
        # Edits of different statements that are all right show none of them.
        return bench, right[:1] if len({number for slip in right for _, number, *_ in slip}) == 1 else []

    def _is_confirmed(self, script: Script, bench: "Bench") -> bool:
        """Return True if a submission is right after a script on every case, in two processes that did nothing else."""
        bench.leave()
        return all(replace(bench, cases=self.cases).are_right([script])[0] for _ in range(2))

    @staticmethod
    def _list_shown(bench: "Bench", script: Script) -> frozenset[int]:
        """Return the statements that count for a row, need no mending, and without which it is wrong.

        Without a statement, or with zeros in its place, some case must be wrong whose sizes are all above 1.
        """
        mended = {operation[1] for operation in script if operation[0] != INSERT}
        headers = {own.number for own in bench.study.statements if own.role == HEADER}
        kept = [number for number in bench.study.matched if number not in mended | headers]
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
    #: What may be mended: what any other jail finds otherwise is not the same submission.
    study: Study = field(init=False)
    _mender: Mender | None = field(default=None, init=False)
    _left: int = field(default=_RESTARTS, init=False)

    def __post_init__(self) -> None:
        self.study = self._start()[1]

    def _start(self) -> tuple[Mender, Study]:
        try:
            self._mender = mender = self.submission.menders()
            return mender, Study.read(mender.study(self.studied, self.lesson), self.commented, self.submission.raised)
        except TimedOut:
            raise
        except CandidateError as error:
            raise GaveUpError from error

    def _find_mender(self) -> Mender:
        """Return the jail that runs, or another one."""
        if self._mender is not None:
            return self._mender
        mender, study = self._start()
        if study != self.study:
            raise GaveUpError
        return mender

    def leave(self) -> None:
        """Give the jail up: one that is wanted after this is started again."""
        self._mender = None

    def study_edits(self) -> "Bench":
        """Return a bench in the place of this one that knows the single edits of the statements as well."""
        bench = replace(self, lesson={**self.lesson, "edits": True})
        if bench.study.without_edits() != self.study:
            raise GaveUpError
        return bench

    def spell(self, edits: Sequence[Operation]) -> Sequence[tuple[int, str]]:
        """Return the line and the text of edits of an author's source; raises a CandidateError."""
        spelled = [list(edit[1:]) for edit in edits]
        reply = self._find_mender().study(self.studied.take([]), {**self.lesson, "edits": False, "spelled": spelled})
        return [(line, text) for line, text in reply["texts"]]

    def are_right(self, scripts: Sequence[Script], cases: ContractCases | None = None) -> list[bool]:
        """Return for each script True if every answer is right after it; of several the first case is asked first."""
        tried = self.cases if cases is None else cases
        if len(scripts) == 1 or len(tried) == 1:
            return self._ask(scripts, tried)
        right = self._ask(scripts, tried.take([0]))
        hopeful = [place for place, is_right in enumerate(right) if is_right]
        rest = self._ask([scripts[place] for place in hopeful], tried.take(list(range(1, len(tried)))))
        for place, is_right in zip(hopeful, rest, strict=True):
            right[place] = is_right
        return right

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
                self._left -= 1
                if self._left < 0:
                    raise GaveUpError from error
                self.leave()
        return every


def _list_ended(answers: Sequence[Answer], scripts: int, cases: int) -> list[Sequence[Answer]]:
    """Return the answers by script of a jail that ended, and none for the script under which it did.

    One may end after its last answer, as it was too much: that is the last script's.
    """
    whole = [answers[at : at + cases] for at in range(0, len(answers), cases)]
    return [*[part for part in whole if len(part) == cases][: scripts - 1], ()]


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
