"""A convention that does not count, by which a wrong submission is tried when all else is judged."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.contract_cases import ContractCases, list_expressions
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.notebook_check import Start
from backmark.grader.contracts.language.assignment import ContractAssignment, Convention, adopt
from backmark.grader.contracts.rows.agreement import AGREEMENT, disagreeing
from backmark.grader.contracts.rows.results import list_rows
from backmark.grader.contracts.rows.row import Row, RowSpec
from backmark.grader.contracts.rows.wording import COSTS
from backmark.grader.errors import CandidateError
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.verdict import Mark

#: Cases that are asked first: most submissions are wrong in them by every convention.
_FIRST = 4


@dataclass(frozen=True)
class OtherConvention:
    """A convention with the cases as it expects them, made ready for trying submissions."""

    convention: Convention
    assignment: ContractAssignment
    cases: ContractCases

    @cached_property
    def exchange(self) -> ContractExchange:
        """The exchange that asks by this convention."""
        adopted = adopt(self.assignment, self.convention)
        return ContractExchange(adopted, list_expressions(self.cases), self.assignment.dtype)

    @cached_property
    def _parts(self) -> tuple[ContractCases, ContractCases]:
        first = range(min(_FIRST, len(self.cases)))
        # The first are asked again: what follows from calls before is right by no convention.
        return self.cases.take(first), self.cases.take([*range(len(first), len(self.cases)), *first])

    def fits(self, start: Start) -> bool:
        """Return True if the submission is right by this convention in every case, and changes no argument."""
        try:
            candidate = start(self.exchange)
            return candidate is not None and all(_is_right(candidate, part) for part in self._parts)
        except CandidateError:
            return False


def judge_by_convention(
    assignment: ContractAssignment, costs: Collection[str], rows: Mapping[str, Row]
) -> tuple[dict[str, Row], Sequence[RowSpec]]:
    """Return the rows, and what each may earn, of a submission that is right by a convention which costs some rows."""
    reason = Reason(Explainer.CONVENTION)
    right = Row(Mark.PASSED, rows[AGREEMENT].cases, "", reason=reason)
    lost = Row(Mark.FAILED, rows[AGREEMENT].cases, COSTS, reason=reason)
    judged = {name: lost if name in costs else right for name in rows}
    if costs:
        judged[AGREEMENT] = rows[AGREEMENT]
    by_results = bool(costs) and all(result in assignment.rubric for result in costs)
    return judged, list_rows(assignment, by_results=True if by_results else None)


def _is_right(candidate: Candidate, cases: ContractCases) -> bool:
    answers = candidate.answer(cases)
    return not any(disagreeing(cases, answers)) and not any(answer.changed for answer in answers)
