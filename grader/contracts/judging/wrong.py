"""The conclusion about a wrong submission: rows by results, and by the lines that must be mended."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import Protocol

from backmark.grader.contracts.cases.answers import Raised, find_told
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.marks import ContractMarks, Given, MendedMarks
from backmark.grader.contracts.judging.own_lines import list_wrong
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.row_comments import read_solution
from backmark.grader.contracts.naming.diagnoser import ContractDiagnoser
from backmark.grader.contracts.rows import wording
from backmark.grader.contracts.rows.results import (
    judge_rows,
    keep_rows,
    list_reshaped,
    list_rows,
    list_seldom_lacking,
    list_varying,
)
from backmark.grader.contracts.rows.row import Row, RowSpec
from backmark.grader.contracts.rows.shapes import judge_shapes
from backmark.grader.contracts.values.describing import (
    describe_lines,
    explain_lines,
    find_own_rows,
    find_rows,
    judge_rows_by_lines,
    list_shown,
)
from backmark.grader.contracts.values.program import Programs
from backmark.grader.contracts.values.repairing import ValueRepairer
from backmark.grader.errors import TimedOut
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.verdict import Diagnosis, Mark


class JudgedContract(Protocol):
    """What is needed of a contract that a submission has failed."""

    @property
    def assignment(self) -> ContractAssignment:
        """The assignment."""

    @property
    def cases(self) -> ContractCases:
        """The cases that decide."""

    @property
    def order(self) -> Sequence[int]:
        """The places of the cases, from the smallest to the largest."""

    @property
    def exchange(self) -> ContractExchange:
        """The exchange that asks about the cases in a jail."""

    @property
    def diagnoser(self) -> ContractDiagnoser:
        """Names the mistakes."""


def judge_wrong(contract: JudgedContract, given: Given) -> ContractMarks:
    """Return the rows of the results, and the exception if every call raised."""
    judged = _judge_results(contract, given)
    mend = partial(_find_lines, contract, given, judged) if contract.assignment.repair else None
    if not contract.assignment.rows:
        return replace(judged, mend=mend)
    unjudged = {row.name: Row(Mark.NOT_RUN, 0, wording.NOT_FOUND) for row in contract.assignment.rows}
    specs = list_rows(contract.assignment, by_results=True)
    return replace(judged, rows={**unjudged, **judged.rows}, specs=specs, mend=mend)


def _find_lines(
    contract: JudgedContract, given: Given, judged: ContractMarks, programs: Programs
) -> MendedMarks | None:
    """Return the lines that must change, by the submission's values; None if none is found.

    The marks stay with the results, unless it is known of each line which row it costs, and the rows earn more.
    """
    assignment = contract.assignment
    repairer = ValueRepairer(assignment, contract.cases, contract.order, contract.exchange, given.repeats)
    try:
        lines = repairer.repair(programs, given.agrees.failing, given.answers)
    except TimedOut:
        unjudged = {row.name: Row(Mark.NOT_RUN, 0, wording.TOO_SLOW) for row in assignment.rows}
        return MendedMarks(unjudged, list_rows(assignment, by_results=True), ()) if unjudged else None
    if not lines:
        return None
    commented = read_solution(assignment.solution, assignment.rows) if assignment.rows else ()
    costs = [() if line.is_idle else find_rows(line, assignment, commented) for line in lines]
    declared = {row.name: row for row in assignment.rows}
    # Of a line without a row of its own what helps with the row is beside the point.
    silent = {name: replace(row, hint="", read="") for name, row in declared.items()}
    helping = [declared if find_own_rows(line, commented) else silent for line in lines]
    costly = [[rows[name] for name in names] for rows, names in zip(helping, costs, strict=True)]
    rows = {row.name: Row(Mark.NOT_RUN, 0, wording.WRITTEN_OTHERWISE) for row in assignment.rows}
    if all(own or line.is_idle for own, line in zip(costs, lines, strict=True)):
        lost = [name for names in costs for name in names]
        unfilled = {name for names, line in zip(costs, lines, strict=True) if line.is_unfilled for name in names}
        shown = list_shown(lines, commented)
        rows = judge_rows_by_lines(assignment, lost, shown, len(contract.cases))
        rows = judge_shapes(assignment, rows, unfilled, contract.cases, given.agrees.failing)
    specs = _list_specs(assignment, judged, rows)
    kept = tuple(explanation for explanation in judged.diagnosis if _is_authors(contract, explanation))
    described = describe_lines(lines, costly, contract.cases, given.answers)
    return MendedMarks(rows, specs, described, kept, explain_lines(lines, costs))


def _list_specs(assignment: ContractAssignment, judged: ContractMarks, rows: Mapping[str, Row]) -> tuple[RowSpec, ...]:
    """Return all rows, those of the results or those of statements with the marks: which earn more."""
    by_results = _sum_marks(list_rows(assignment, by_results=True), judged.rows)
    by_statements = _sum_marks(list_rows(assignment, by_results=False), rows)
    return list_rows(assignment, by_results=by_results > by_statements or not assignment.rows)


def _is_authors(contract: JudgedContract, explanation: Diagnosis) -> bool:
    """Return True if the author has described every mistake of an explanation."""
    return all(mistake.id in contract.diagnoser.mistakes for mistake in explanation.mistakes)


def _judge_results(contract: JudgedContract, given: Given) -> ContractMarks:
    rows = judge_rows(contract.assignment, contract.cases, given.answers)
    raised = [answer for answer in given.answers if isinstance(answer, Raised) and not answer.completed]
    wrong = list_wrong(contract.cases, given.answers, [result.expression for result in contract.assignment.results])
    nothing = all(row.mark is Mark.FAILED for row in rows.values())
    if nothing and len(raised) == len(given.answers):
        return ContractMarks(rows, raised=find_told(raised))
    # Of answers that differ from time to time nothing is said.
    diagnosis, slips = contract.diagnoser.diagnose(given.answers) if given.repeats else ((), ())
    varying = list_varying(contract.assignment, contract.cases, given.answers)
    small = [_list_other_axes(contract, given, rows), list_seldom_lacking(rows, given.answers) if given.repeats else []]
    slight = [(Reason(Explainer.SLIGHT), names) for names in small]
    ids = [mistake.id for explanation in diagnosis for mistake in explanation.mistakes]
    # Known mistakes come before what the numbers alone say; of many a diagnosis names the first.
    known = [
        (Reason(Explainer.MISTAKE, mistake=name), varying.intersection(names))
        for name, names in zip_longest(ids[: len(slips)], slips, fillvalue="")
    ]
    if claims := "+".join(ids[len(slips) :]):
        about = {name for explanation in diagnosis for name in explanation.names}.difference(*slips)
        claimed = Reason(Explainer.NUMBERS, mistake=claims)
        rows |= {name: replace(rows[name], reason=claimed) for name in about & rows.keys()}
    rows = keep_rows(contract.assignment, rows, [*slight, *known])
    return ContractMarks(rows, diagnosis=diagnosis, wrong_results=wrong)


def _list_other_axes(contract: JudgedContract, given: Given, rows: Mapping[str, Row]) -> list[str]:
    """Return the rows that only axes of length 1 make wrong."""
    if not given.loosened:
        return []
    return list_reshaped(rows, judge_rows(contract.assignment, contract.cases, given.loosened))


def _sum_marks(specs: Sequence[RowSpec], rows: Mapping[str, Row]) -> int:
    return sum(rows[spec.name].earn(spec.most) for spec in specs if spec.name in rows)
