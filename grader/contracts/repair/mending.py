"""A wrong submission is mended in a jail of its own: the statements that must be, and the others that are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import join_numbers
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.row_comments import RESERVED, RowStatement, read_solution
from backmark.grader.contracts.repair.bench import Bench, GaveUpError, NamedSlips, WrongSubmission
from backmark.grader.contracts.repair.naming import find_edits, find_slip, list_kinds_elsewhere, name_slips
from backmark.grader.contracts.repair.search import ExhaustedError, RepairSearch
from backmark.grader.contracts.repair.study import (
    EDIT,
    HEADER,
    INSERT,
    REMOVE,
    REPLACE,
    RETURN,
    ZERO,
    Operation,
    Script,
    Study,
)
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.contracts.values.choosing import choose_cases
from backmark.grader.model.mended_statement import LARGEST_COMPARED

#: Single edits that are tried.
_SLIPS = 1_500
#: Searches: the first, and again with cases that refute what was found.
_SEARCHES = 3


class RefutedError(Exception):
    """No script that is right on the cases on which it was tried is right on all; `places` are cases that show it."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(places)
        self.places = places


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
    #: The operations that mend it as well, of which a slip in another line takes the place.
    instead_of: Script = frozenset()
    #: By operation the changes of a statement's own expression that do as well, if one or two of them do.
    slips: Mapping[Operation, NamedSlips] = field(default_factory=dict)
    #: By statement the condition under which it runs and the one under which it must, as text; empty for none.
    conditions: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    def rows_of(self, operation: Operation) -> tuple[str, ...]:
        """Return the rows that one of its operations costs.

        A statement that only raises stands for the line that is missing, such as a template's `raise`, if there is one.
        A slip in a line of no row costs those of the one line that could be replaced instead. Where nothing
        corresponds to a line of the solution's, no row is named.
        """
        if not self.study.matched:
            return ()
        if operation[1] not in self.study.matched and len(self.instead_of) == 1 and operation[0] == EDIT:
            return self.study.rows_of(next(iter(self.instead_of)))
        insertions = [other for other in self.operations if other[0] == INSERT]
        return self.study.rows_of(insertions[0] if self.raises(operation) and insertions else operation)

    def has_row(self, operation: Operation) -> bool:
        """Return True if the rows that an operation costs are those of what it changes, not of what uses that."""
        return bool(self.instead_of) or operation[0] == INSERT or operation[1] in self.study.matched

    @property
    def is_named(self) -> bool:
        """True if it is known of each operation what is wrong, and not only that another statement is right."""
        return all(
            operation[0] != REPLACE
            or operation in self.slips
            or operation in self.study.unfilled
            or self.study.own[operation[1]].placeholder
            for operation in self.operations
        )

    @property
    def may_be_moved(self) -> bool:
        """True if a line may be right and stand in the wrong place: one is missing, overwrites or computes nothing yet.

        So may it be where a loop or a `return` is wrong, and more than one row would be lost by that. A line that would
        call another function than the submission's own may be right, too.
        """
        own = self.study.own
        others = [operation for operation in self.operations if operation[0] != INSERT]
        if len(others) < len(self.operations) or any(operation[0] == REMOVE for operation in others):
            return True
        replaced = [own[number] for kind, number, *_ in others if kind == REPLACE]
        if any(other.helpers or (other.placeholder and not other.unfilled) for other in replaced):
            return True
        steering = [operation for operation in others if own[operation[1]].role in {HEADER, RETURN}]
        return any(len(self.rows_of(operation)) > 1 for operation in steering)

    @property
    def open_rows(self) -> frozenset[str]:
        """The rows of the solution's statements that are neither lost nor shown."""
        kept = (self.study.rows[other] for number, other in self.study.matched.items() if number in self.shown)
        seen = {row for rows in (*kept, *map(self.rows_of, self.operations)) for row in rows}
        return frozenset(row for rows in self.study.rows.values() for row in rows) - seen - {*RESERVED}

    def raises(self, operation: Operation) -> bool:
        """Return True if a statement is removed because it raises, and not because it overwrites anything."""
        return operation[0] == REMOVE and not self.study.own[operation[1]].overwritten


@dataclass(frozen=True, slots=True)
class Repairer:
    """The part of a contract that mends submissions."""

    assignment: ContractAssignment
    cases: ContractCases
    #: The places of the cases, from the smallest to the largest.
    order: Sequence[int]

    def repair(self, submission: WrongSubmission) -> Repair | None:
        """Return the smallest repair by the solution, whose names the submission has kept; None if there is none.

        Raises TimedOut if the seconds for mending are used up before there is any.
        """
        commented = read_solution(self.assignment.solution, self.assignment.rows)
        places: Sequence[int] = choose_cases(self.cases, self.order, submission.failing)
        for _ in range(_SEARCHES if commented else 0):
            try:
                return self._repair_on(self._open(commented, submission, places), places)
            except RefutedError as error:
                places = [*error.places, *places]
            except (GaveUpError, ExhaustedError):
                break
        return None

    def _open(self, commented: Sequence[RowStatement], submission: WrongSubmission, places: Sequence[int]) -> Bench:
        lesson = {
            "solution": self.assignment.solution,
            "lines": [statement.first for statement in commented],
            "template": self.assignment.template,
        }
        return Bench(self.cases.take(places), lesson, commented, submission)

    def _repair_on(self, bench: Bench, places: Sequence[int]) -> Repair | None:
        study = bench.study
        if not study.replacements | study.insertions | study.frames:
            return None
        script = RepairSearch(study, bench.are_right).find()
        if not script:
            # Code that is right as it stands here is not the code that was judged.
            return None
        found = [script]
        if not script & (study.insertions | study.unfilled):
            try:
                found = [*self._find_slip(script, bench), script]
            except GaveUpError:
                # Without edits, too, the script is right.
                bench.leave()
        return self._confirm(found, bench, places)

    @staticmethod
    def _find_slip(script: Script, bench: Bench) -> list[Script]:
        """Return the script of the single edit that does for several operations, or in a line that counts for no row.

        A factor that was moved to another line is one mistake, in its own line. One that is wrong in a single line
        could as well be mended before it, so this counts only where that line does not say itself what is wrong.
        """
        study, mended = bench.study, {operation[1] for operation in script if operation[0] != INSERT}
        if len(script) > 1:
            edits = sorted(bench.list_edits(), key=lambda edit: (edit[1] not in mended, edit))
            return find_slip(bench, edits[:_SLIPS], mended | study.raising)
        kinds = list_kinds_elsewhere(bench, script) if script & study.replacements else ()
        if kinds is not None and not kinds:
            return []
        return find_slip(bench, bench.list_edits(study.own.keys() - study.matched.keys(), kinds)[:_SLIPS])

    def _confirm(self, scripts: Sequence[Script], bench: Bench, places: Sequence[int]) -> Repair | None:
        """Return the repair by the first script that is right on every case, in a process that has run nothing yet.

        One whose answers are random must be so in two. Raises RefutedError if cases show that none is right.
        """
        refuting: list[int] = []
        for script in scripts:
            # The bench's jail ends when another is started.
            repair, edits = self._see(script, bench, places, scripts[-1] - script), find_edits(bench, script)
            fresh = bench.start_fresh(self.cases)
            named = self._name(fresh, script, edits)
            if fresh.are_right([script])[0] and (bench.submission.repeats or self._is_right_again(script, bench)):
                return replace(repair, slips=named, conditions=_list_conditions(fresh.study))
            answers = fresh.answer([script])[0]
            if len(answers) == len(self.cases):
                wrong = disagreeing(self.cases, answers)
                refuting += [place for place in self.order if wrong[place]][:1]
        if refuting:
            raise RefutedError(refuting)
        return None

    @staticmethod
    def _name(fresh: Bench, script: Script, edits: Mapping[Operation, Operation]) -> Mapping[Operation, NamedSlips]:
        try:
            return name_slips(fresh, edits)
        except GaveUpError:
            if any(operation[0] == EDIT for operation in script):
                raise
            return {}

    def _is_right_again(self, script: Script, bench: Bench) -> bool:
        fresh = bench.start_fresh(self.cases)
        fresh.list_edits({operation[1] for operation in script if operation[0] == EDIT})
        return fresh.are_right([script])[0]

    def _see(self, script: Script, bench: Bench, places: Sequence[int], instead_of: Script) -> Repair:
        """Return the repair by a script, with what is seen of the submission beside it."""
        study, submission = bench.study, bench.submission
        operations = tuple(sorted(script, key=lambda operation: _line_of(study, operation)))
        # What is not mended at all has answered already.
        unmended = [submission.answers[place] for place in places]
        without = [unmended] if len(script) == 1 else bench.answer([script - {operation} for operation in operations])
        shown, answers = self._list_shown(bench, script), dict(zip(operations, without, strict=True))
        return Repair(study, operations, shown, answers, places, instead_of)

    @staticmethod
    def _list_shown(bench: Bench, script: Script) -> frozenset[int]:
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


def _list_conditions(study: Study) -> dict[int, tuple[str, str]]:
    return {own.number: own.conditions for own in study.statements}


def _line_of(study: Study, operation: Operation) -> tuple[tuple[int, int], Operation]:
    own = study.own.get(operation[1]) if operation[0] != INSERT else None
    return own.lines[0] if own is not None else (1 << 30, 0), operation


def find_first_wrong(
    repair: Repair, operation: Operation, cases: ContractCases, answers: Sequence[Answer]
) -> tuple[int, int] | None:
    """Return the case and the place of a number that is wrong in the submission, and also if only this is not mended.

    It is the first such number that a reader can compare with the right one, else the first; None if there is none, as
    where the submission returned none at all.
    """
    found: list[tuple[int, int]] = []
    for place, answer in zip(repair.places, repair.without[operation], strict=False):
        case = cases.take([place])
        own = join_numbers([answers[place]], case.starts)
        both = all_wrong(case, [answer]) & all_wrong(case, [answers[place]]) & np.isfinite(own)
        ordinary = both & (np.abs(own) <= LARGEST_COMPARED)
        if ordinary.any():
            return place, int(np.flatnonzero(ordinary)[0])
        found += [(place, int(number)) for number in np.flatnonzero(both)[:1]]
    return next(iter(found), None)
