"""Verdicts such as the engine gives, made by hand."""

import json
from typing import Any

from backmark.grader.model.assignment import CONTRACT
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput, CaseResult, FirstWrong
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import (
    Flag,
    GradedAssignment,
    GradedSubmission,
    Judgement,
    Mark,
    Property,
    Statistics,
    Verdict,
)


def passing_verdict() -> dict[str, Any]:
    """All marks."""
    row = Property("bias_gradient", "Gradient of the biases", Mark.PASSED, 2, 2, 200, "")
    return _verdict(Judgement(Outcome.PASSED, (row,), statistics=Statistics(200, 23801, 0, 72, 0.022)))


def failing_verdict() -> dict[str, Any]:
    """One property failed, with a counterexample and a flag for staff."""
    example = CaseCounterexample(
        kind=CONTRACT,
        case={"N": 1},
        inputs=(CaseInput("x", [1, 1], [[1.0]]),),
        results=(CaseResult("dw", [1, 1], [[1.0]], [[2.0]], 1, [[True]]),),
        first=FirstWrong("dw", [0, 0]),
        instead=None,
        script="print(1)\n",
    )
    row = Property("bias_gradient", "Gradient of the biases", Mark.FAILED, 0, 2, 200, "Wrong.", example)
    flags = (Flag("prints", "prints while it computes"),)
    return _verdict(Judgement(Outcome.FAILED, (row,), example, flags=flags))


def _verdict(judgement: Judgement) -> dict[str, Any]:
    full_verdict = Verdict.of(
        GradedSubmission("0123456789abcdef", "answer.py", "0" * 64),
        GradedAssignment("udl-7.2", "49737db601a42a8b", "0" * 64),
        judgement,
        "printed\n",
    ).as_dict()
    # As the store keeps it: without the enums.
    return dict(json.loads(json.dumps(full_verdict)))
