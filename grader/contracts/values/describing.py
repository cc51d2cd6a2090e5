"""The lines that were found wrong, as a verdict names them."""

from collections.abc import Sequence

import numpy as np

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import numbers_of
from backmark.grader.contracts.language.assignment import ContractAssignment, RepairRow
from backmark.grader.contracts.language.row_comments import RESERVED, RowStatement
from backmark.grader.contracts.rows.agreement import find_wrong
from backmark.grader.contracts.rows.row import Row
from backmark.grader.contracts.values.repairing import WrongLine
from backmark.grader.model.mended_statement import LARGEST_COMPARED, MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.row_messages import NOT_COMPUTED
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Mark


def find_rows(line: WrongLine, assignment: ContractAssignment, commented: Sequence[RowStatement]) -> tuple[str, ...]:
    """Return the rows that a line costs: those of what the innermost expression around its mistake must compute.

    None if that is not known, or may be one of several. The header of a loop costs those of the solution's. An edit,
    beside which all else is right, costs one row all the same: the first that works with what is computed then, or else
    the last of the solution's, of those that have no more than a share of the marks, or the fewest.
    """
    if line.is_header and any(statement.is_header for statement in commented):
        return _find_header_rows(line, commented)
    rows = find_own_rows(line, commented)
    if rows or (line.edit is None and not line.is_steering):
        return rows[: 1 if line.is_steering else None]
    marks = {row.name: row.marks for row in assignment.rows}
    most = max(min(marks.values(), default=0), sum(marks.values()) * _MOST_OF_ONE)
    cheap = [(statement.first, row) for statement in commented for row in statement.rows if marks[row] <= most]
    first = min((number for lines in line.computing for number in lines), default=None)
    below = [row for number, row in cheap if first is not None and number >= first]
    return tuple(below[:1] or [row for _, row in cheap[-1:]])


def _find_header_rows(line: WrongLine, commented: Sequence[RowStatement]) -> tuple[str, ...]:
    """Return the rows of the solution's last loop that begins above what is computed wrongly, or else of the first."""
    headers = [statement for statement in commented if statement.is_header]
    computed = min((number for lines in line.computing for number in lines), default=0)
    above = [header.rows for header in headers if header.first < computed]
    return above[-1] if above else headers[0].rows


def find_own_rows(line: WrongLine, commented: Sequence[RowStatement]) -> tuple[str, ...]:
    """Return the rows of what a line itself must compute; none if that is not known, or may be one of several.

    Of what several lines of the solution compute the expression around it tells which is meant.
    """
    rows_by_line = {statement.first: statement.rows for statement in commented}
    several: set[tuple[str, ...]] = set()
    for lines in line.computing:
        rows = {rows_by_line[number] for number in lines if number in rows_by_line}
        several = several & rows if several else rows
        if len(several) == 1:
            return several.pop()
        if rows and not several:
            break
    return ()


#: The largest share of the marks that is lost by what has no row of its own.
_MOST_OF_ONE = 0.3


def list_shown(lines: Sequence[WrongLine], commented: Sequence[RowStatement]) -> frozenset[str]:
    """Return the rows of which a submission computes a value itself.

    If edits of its own expressions alone make it right, all else that it computes is right.
    """
    bare = [line.shown for line in lines if line.edit is None]
    shown = [each for each in commented if all(each.first in lines_shown for lines_shown in bare)]
    return frozenset(row for statement in shown for row in statement.rows)


def judge_rows_by_lines(
    assignment: ContractAssignment,
    lost: Sequence[str],
    shown: frozenset[str],
    cases: int,
) -> dict[str, Row]:
    """Return the row of each declared row of statements: those that are shown and not lost are held."""
    judged = {}
    for row in assignment.rows:
        if row.name in lost:
            judged[row.name] = Row(Mark.FAILED, cases, "A line is wrong.")
        elif row.name not in RESERVED:
            held = row.name in shown
            reason = Reason(Explainer.USED if held else Explainer.UNUSED)
            mark, message = (Mark.PASSED, "") if held else (Mark.NOT_RUN, NOT_COMPUTED)
            judged[row.name] = Row(mark, cases, message, reason=reason)
    return judged


def explain_lines(lines: Sequence[WrongLine], rows: Sequence[Sequence[str]]) -> tuple[Reason, ...]:
    """Return how each line was found, in the order of the submission; `rows` are the names of those that it costs."""
    ordered = sorted(zip(lines, rows, strict=True), key=lambda each: each[0].spots)
    return tuple(Reason(_choose_explainer(line), tuple(names), _list_places(line)) for line, names in ordered)


def _list_places(line: WrongLine) -> tuple[SourceLine, ...]:
    """Return where a line stands: nowhere if it is missing."""
    return () if line.is_missing else tuple(SourceLine.of(*spot) for spot in line.spots)


def _choose_explainer(line: WrongLine) -> Explainer:
    if line.is_unfilled:
        return Explainer.TEMPLATE
    return Explainer.VALUE if line.edit is None else Explainer.EDIT


def describe_lines(
    lines: Sequence[WrongLine],
    rows: Sequence[Sequence[RepairRow]],
    cases: ContractCases,
    answers: Sequence[Answer],
) -> tuple[MendedStatement, ...]:
    """Return the statements that must change, in the order of the submission; their texts are the worker's.

    `rows` are those that each costs. The first wrong number is what the only one of them causes.
    """
    wrong = _find_number(cases, answers) if len(lines) == 1 else None
    return tuple(
        MendedStatement(
            _choose_kind(line),
            tuple(row.name for row in own),
            tuple(row.title for row in own),
            _list_places(line),
            "",
            *_list_help(line, own),
            wrong,
            _list_slips(line),
        )
        for line, own in sorted(zip(lines, rows, strict=True), key=lambda each: each[0].spots)
    )


def _choose_kind(line: WrongLine) -> MendingKind:
    if line.is_missing:
        return MendingKind.INSERT
    return MendingKind.REPLACE if line.edit is None else MendingKind.EDIT


def _list_help(line: WrongLine, rows: Sequence[RepairRow]) -> tuple[str, str]:
    """Return where to read again, and a hint; what helps with a row is beside the point where a line steers."""
    asked = () if line.is_steering else rows
    return next((row.read for row in asked if row.read), ""), next((row.hint for row in asked if row.hint), "")


def _list_slips(line: WrongLine) -> tuple[Slip, ...]:
    if line.edit is not None:
        return (Slip(SlipKind(line.edit.kind), line.edit.before, line.edit.after),)
    if line.is_missing:
        return ()
    if line.is_placeholder:
        return (Slip(SlipKind.PLACEHOLDER),)
    return (Slip(SlipKind.UNFILLED),) if line.is_unfilled else ()


def _find_number(cases: ContractCases, answers: Sequence[Answer]) -> WrongNumber | None:
    """Return the first wrong number of the first case that has one which a reader can compare with the right one."""
    for at, answer in enumerate(answers):
        case = cases.take([at])
        numbers = numbers_of(answer, case.starts[-1])
        wrong = find_wrong(numbers, case.expected, case.tolerances) & (np.abs(numbers) <= LARGEST_COMPARED)
        for _, place, part in case.slices():
            if wrong[part].any():
                number = int(np.flatnonzero(wrong[part])[0])
                index = [int(axis) for axis in np.unravel_index(number, place.shape)]
                expected, actual = (float(each[part][number]) for each in (case.expected, numbers))
                return WrongNumber(place.expression, index, expected, actual, dict(case.drawn[0].dims))
    return None
