"""What is said of parameters that a student's function has beyond those that the homework names, and what they cost."""

from collections.abc import Sequence
from dataclasses import replace

from backmark.grader.contracts.rows.agreement import PARAMETERS
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark, Remark, RemarkKind
from backmark.worker.sandbox.reply import OwnParameters


def judge_parameters(judgement: Judgement, own: Sequence[OwnParameters]) -> Judgement:
    """Return the judgement with a remark about such parameters; they cost the row for them, if the author gives one."""
    if not own or judgement.outcome is Outcome.REJECTED:
        return judgement
    remarks = (
        Remark(
            RemarkKind.PARAMETER,
            each.function,
            parameters=each.names,
            of=each.passed,
            is_global=each.is_global,
        )
        for each in own
    )
    rows = tuple(
        replace(row, outcome=Mark.FAILED, score=0) if row.name == PARAMETERS and row.outcome is Mark.PASSED else row
        for row in judgement.properties
    )
    return replace(judgement, properties=rows, remarks=(*judgement.remarks, *remarks))
