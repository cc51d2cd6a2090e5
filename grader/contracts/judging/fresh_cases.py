"""The judgement in fresh cases on a submission that is right in all of a revision's own.

Nothing that the submission does there is shown: no number, shape, print or exception. Each may be made of the case,
which nobody is to know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backmark.grader.contracts.cases.answers import Answer, Candidate
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.examples import Example
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.rows import wording
from backmark.grader.contracts.rows.agreement import AGREEMENT, agreement, disagreeing
from backmark.grader.contracts.rows.results import judge_rows
from backmark.grader.contracts.rows.row import Fails, Row
from backmark.grader.errors import CandidateError
from backmark.grader.model.verdict import Flag, Mark

#: Beside a verdict, for staff.
FAILS_FRESH = Flag("fails_fresh_cases", "is right in all cases of the assignment, and wrong in fresh ones alone")
#: Cases of the ladder that are asked about at a time.
_RUNGS = 48


@dataclass(frozen=True, slots=True)
class FreshRows:
    """The rows that fail in fresh cases, and by row a case of the ladder that fails, too."""

    rows: Mapping[str, Row]
    #: The places of the cases.
    failing: tuple[int, ...]
    shown: Mapping[str, Example]


def judge_fresh(
    contract: Contract, cases: ContractCases, answers: Sequence[Answer], fresh: Callable[[], Candidate] | None
) -> FreshRows | None:
    """Return the rows that answers to fresh cases fail; None if they are right.

    `fresh` starts the submission in a process that has had none of these cases, so that it can be shown how it fails in
    a case of the ladder; None: nothing is shown.
    """
    agrees = agreement(cases, answers)
    if agrees.mark is Mark.PASSED:
        return None
    rows = {AGREEMENT: agrees, **judge_rows(contract.assignment, cases, answers)}
    failed = {name: row.fails for name, row in rows.items() if row.mark is Mark.FAILED and row.fails is not None}
    shown = {} if fresh is None else _find_alike(contract, failed, fresh)
    own = len(contract.cases)
    unjudged = {row.name: Row(Mark.NOT_RUN, 0, wording.NOT_FOUND) for row in contract.assignment.rows}
    return FreshRows(
        {
            **unjudged,
            **{
                name: Row(Mark.FAILED, own, wording.FAILS_AS_SHOWN if name in shown else wording.FAILS_UNSHOWN)
                for name in failed
            },
        },
        agrees.failing,
        shown,
    )


def _find_alike(contract: Contract, failed: Mapping[str, Fails], fresh: Callable[[], Candidate]) -> dict[str, Example]:
    """Return by row the first case of the ladder that fails it; no row for which none does."""
    shown: dict[str, Example] = {}
    ladder = contract.ladder
    try:
        witness = Witness(fresh())
        for start in range(0, len(ladder), _RUNGS):
            rungs = ladder.take(range(start, min(start + _RUNGS, len(ladder))))
            answers = witness.answer(rungs)
            wrong = disagreeing(rungs, answers)
            for name, fails in failed.items():
                failing = zip(range(len(rungs)), fails(rungs, answers), wrong, strict=True)
                place = next((i for i, fails_row, is_wrong in failing if fails_row and is_wrong), None)
                if name not in shown and place is not None:
                    case = replace(contract.show(rungs, place, answers[place]), script="")
                    shown[name] = Example(case, answers[place])
            if len(shown) == len(failed):
                break
    except CandidateError:
        # Of what ended it, nothing is shown.
        return shown
    return shown
