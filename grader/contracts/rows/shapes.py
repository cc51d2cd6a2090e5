"""The rows of other shapes: of a submission whose lines are known they are right, unless too little is."""

from collections.abc import Collection, Mapping, Sequence

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.row_comments import ANY_SHAPE
from backmark.grader.contracts.rows.row import Row, are_many_blank
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.row_messages import HALF_LOST, MISSING, ONLY_OF_ONE
from backmark.grader.model.verdict import Mark


def judge_shapes(
    assignment: ContractAssignment,
    judged: Mapping[str, Row],
    blank: Collection[str],
    cases: ContractCases,
    failing: Sequence[int],
) -> dict[str, Row]:
    """Return all rows: those of statements, which are judged, and those of other shapes.

    Where lines of half of the rows are not filled in (`blank`), or more than half are lost, nothing is known of these.
    What is right only where a size is 0 or 1 is not right in any shape. That is the same mistake, and costs no more.
    """
    lost = [name for name, row in judged.items() if row.mark is not Mark.PASSED]
    reason = Reason(Explainer.OTHER_ROWS)
    message = MISSING if are_many_blank({*blank} & judged.keys(), judged) else HALF_LOST
    if message is MISSING or 2 * len(lost) > len(judged):
        other = Row(Mark.NOT_RUN, len(cases), message, names=tuple(judged), reason=reason)
    else:
        other = Row(Mark.PASSED, len(cases), "", reason=reason)
    rows = {row.name: judged.get(row.name, other) for row in assignment.rows}
    if rows.get(ANY_SHAPE) is other and other.mark is Mark.PASSED and lost and _is_right_of_one(cases, failing):
        rows[ANY_SHAPE] = Row(Mark.FAILED, len(cases), ONLY_OF_ONE, kept_by=lost[0], reason=reason)
    return rows


def _is_right_of_one(cases: ContractCases, failing: Sequence[int]) -> bool:
    """Return True if some cases are right, all of which have a size of 0 or 1, and if not all cases have."""
    wrong = {*failing}
    ones = [min(case.dim_sizes, default=2) <= 1 for case in cases.drawn]
    right = [one for place, one in enumerate(ones) if place not in wrong]
    return bool(right) and all(right) and not all(ones)
