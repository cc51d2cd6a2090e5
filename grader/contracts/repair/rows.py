"""The rows of statements: held, lost or not shown, by the statements that must be mended."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import numbers_of
from backmark.grader.contracts.language.assignment import ContractAssignment, RepairRow
from backmark.grader.contracts.language.row_comments import RESERVED
from backmark.grader.contracts.repair.mending import Repair, find_first_wrong
from backmark.grader.contracts.repair.study import GUARD, INSERT, REPLACE, Operation, OwnStatement
from backmark.grader.contracts.rows.row import Row
from backmark.grader.model.mended_statement import MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.row_messages import NOT_COMPUTED
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Mark

TOO_SLOW = "Not judged: finding the lines to change took too long."
WRITTEN_OTHERWISE = (
    "Not judged: your code is structured differently from the known solutions, so only its results count."
)
#: Lines of one statement to mend that a verdict shows.
_MOST_LINES = 20


def judge_by_repair(assignment: ContractAssignment, repair: Repair, cases: int) -> dict[str, Row]:
    """Return the row of each declared row of statements, by the repair of a wrong submission."""
    lost = {name for operation in repair.operations for name in repair.rows_of(operation)}
    return {
        row.name: _judge_row(row, repair, cases)
        for row in assignment.rows
        if row.name not in RESERVED or row.name in lost
    }


def list_blank(repair: Repair) -> set[str]:
    """Return the rows whose lines are missing, or not filled in."""
    unwritten = [operation for operation in repair.operations if _is_blank(repair, operation)]
    return {row for operation in unwritten for row in repair.rows_of(operation)}


def _is_blank(repair: Repair, operation: Operation) -> bool:
    """Return True for a line that is missing, the template's, or a stopgap in its place such as zeros."""
    if operation[0] == INSERT or operation in repair.study.unfilled:
        return True
    return operation[0] == REPLACE and repair.study.own[operation[1]].placeholder


def _judge_row(row: RepairRow, repair: Repair, cases: int) -> Row:
    study = repair.study
    changed = [operation for operation in repair.operations if row.name in repair.rows_of(operation)]
    if changed:
        missing = sum(operation[0] == INSERT for operation in changed)
        return Row(Mark.FAILED, cases, _describe(len(changed) - missing, missing))
    own = [number for number, other in study.matched.items() if row.name in study.rows[other]]
    used = [number for number in own if number in repair.shown]
    if not used:
        return Row(Mark.NOT_RUN, cases, NOT_COMPUTED, reason=Reason(Explainer.UNUSED))
    lines = _name_lines([spot for number in used for spot in study.own[number].lines[:1]])
    return Row(Mark.PASSED, cases, "", reason=Reason(Explainer.USED, lines=lines))


def _describe(changed: int, missing: int) -> str:
    parts = []
    if changed:
        parts.append("A line is wrong" if changed == 1 else f"{changed} lines are wrong")
    if missing:
        parts.append("a line is missing" if missing == 1 else f"{missing} lines are missing")
    text = ", and ".join(parts) + "."
    return text[:1].upper() + text[1:]


def explain_repair(repair: Repair) -> tuple[Reason, ...]:
    """Return for each operation how its statement was found, in the order of the submission."""
    return tuple(
        Reason(_choose_explainer(repair, operation), tuple(repair.rows_of(operation)), _list_lines(repair, operation))
        for operation in repair.operations
    )


def _choose_explainer(repair: Repair, operation: Operation) -> Explainer:
    if operation in repair.study.unfilled:
        return Explainer.TEMPLATE
    return Explainer.EDIT if operation in repair.slips else Explainer.STATEMENT


def describe_repair(
    assignment: ContractAssignment, repair: Repair, cases: ContractCases, answers: Sequence[Answer]
) -> tuple[MendedStatement, ...]:
    """Return the statements that must be mended, in the order of the submission; their texts are the worker's."""
    declared = {row.name: row for row in assignment.rows}
    statements: dict[Any, MendedStatement] = {}
    for operation in repair.operations:
        statement = _describe_operation(declared, repair, operation, cases, answers)
        # One wrong condition guards several statements.
        guard = operation[0] == GUARD and (statement.lines, statement.slips)
        first = statements.setdefault(guard or operation, statement)
        if first is not statement:
            rows = dict(zip((*first.rows, *statement.rows), (*first.titles, *statement.titles), strict=True))
            statements[guard] = replace(first, rows=tuple(rows), titles=tuple(rows.values()))
    return tuple(statements.values())


def _describe_operation(
    declared: Mapping[str, RepairRow],
    repair: Repair,
    operation: Operation,
    cases: ContractCases,
    answers: Sequence[Answer],
) -> MendedStatement:
    rows = [declared[name] for name in repair.rows_of(operation)]
    # Of a line without a row of its own what helps with the row is beside the point.
    asked = rows if repair.has_row(operation) else []
    return MendedStatement(
        # A statement that raises overwrites nothing.
        MendingKind.REPLACE if repair.raises(operation) else MendingKind(operation[0]),
        tuple(row.name for row in rows),
        tuple(row.title for row in rows),
        _list_lines(repair, operation),
        "",
        next((row.read for row in asked if row.read), ""),
        next((row.hint for row in asked if row.hint), ""),
        _find_number(repair, operation, cases, answers),
        _list_slips(repair, operation),
    )


def _list_slips(repair: Repair, operation: Operation) -> tuple[Slip, ...]:
    """Return what is wrong within a statement, if that is known."""
    if operation[0] == GUARD:
        return (Slip(SlipKind.CONDITION, *repair.conditions.get(operation[1], ("", ""))),)
    if operation in repair.study.unfilled:
        return (Slip(SlipKind.UNFILLED),)
    if operation[0] == REPLACE and repair.study.own[operation[1]].placeholder:
        return (Slip(SlipKind.PLACEHOLDER),)
    if operation in repair.slips:
        return repair.slips[operation].slips
    helpers = repair.study.own[operation[1]].helpers if operation[0] == REPLACE else ()
    return tuple(Slip(SlipKind.HELPER, helper) for helper in helpers[:1])


def _list_lines(repair: Repair, operation: Operation) -> tuple[SourceLine, ...]:
    """Return the lines of a statement that must change; none if it is missing."""
    if operation[0] == INSERT:
        return ()
    return _name_lines(_find_spots(repair, operation, repair.study.own[operation[1]]))


def _name_lines(spots: Sequence[tuple[int, int]]) -> tuple[SourceLine, ...]:
    return tuple(SourceLine.of(*spot) for spot in spots[:_MOST_LINES])


def _find_spots(repair: Repair, operation: Operation, own: OwnStatement) -> Sequence[tuple[int, int]]:
    """Return the cells and lines at which a statement is wrong: the one with the slip, if that is known."""
    if operation[0] == GUARD:
        return own.guard or own.lines
    return [own.find_line(repair.slips[operation].place)] if operation in repair.slips else own.lines


def _find_number(
    repair: Repair, operation: Operation, cases: ContractCases, answers: Sequence[Answer]
) -> WrongNumber | None:
    """Return the first wrong number that an operation is the cause of, as the submission itself computed it."""
    first = find_first_wrong(repair, operation, cases, answers)
    if first is None:
        return None
    at, number = first
    case = cases.take([at])
    place, part = next((place, part) for _, place, part in case.slices() if part.start <= number < part.stop)
    index = [int(axis) for axis in np.unravel_index(number - part.start, place.shape)]
    actual = float(numbers_of(answers[at], case.starts[-1])[number])
    return WrongNumber(
        place.expression,
        index,
        float(case.expected[number]),
        actual if np.isfinite(actual) else None,
        dict(case.drawn[0].dims),
    )
