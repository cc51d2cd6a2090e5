"""Verdicts such as the engine gives, made by hand."""

import json
from typing import Any

from backmark.grader.model.counterexample import Counterexample, Gradient
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

ONE = [[[1.0]]]


def passing_verdict() -> dict[str, Any]:
    """All marks."""
    row = Property("bias_gradient", "Gradient of the biases", Mark.PASSED, 2, 2, 200, "")
    return _verdict(Judgement(Outcome.PASSED, (row,), statistics=Statistics(200, 23801, 0, 72, 0.022)))


def failing_verdict() -> dict[str, Any]:
    """One property failed, with a counterexample and a flag for staff."""
    example = Counterexample(
        depth=0,
        widths=[],
        weights=ONE,
        biases=ONE,
        net_input=[[1.0]],
        y=[[1.0]],
        expected=Gradient(ONE, ONE),
        actual=Gradient(ONE, ONE),
        instead=None,
        parameter="weights",
        layer=0,
        index=[0, 0],
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
