"""Graded submissions for the tests of the forms: what a store and a result object would hold."""

import dataclasses
from typing import Any

from backmark.grader.model.assignment import CONTRACT, Level
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput, CaseResult
from backmark.grader.model.mended_statement import MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import (
    Diagnosis,
    FirstDifference,
    Flag,
    GradedAssignment,
    GradedSubmission,
    Judgement,
    Mark,
    Property,
    Statistics,
    StudentError,
    Verdict,
)

SCRIPT = "# Backmark: a case\nprint(1 < 2 and 3 > 2)\n"

EXAMPLE = CaseCounterexample(
    kind=CONTRACT,
    case={"K": 0},
    inputs=(CaseInput("x", [1, 1], [[1.0]]),),
    results=(CaseResult("dw", [1, 1], [[2.0]], None, 0),),
    first=None,
    instead="None",
    script=SCRIPT,
)

ROWS = (
    Property("finite_differences", "Agrees with finite differences", Mark.FAILED, 0, 0, 200, "Wrong on 9.", EXAMPLE),
    Property("bias_gradient", "Gradient of the biases", Mark.PASSED, 2, 2, 192, ""),
    Property("weight_gradient", "Gradient of the weights", Mark.FAILED, 0, 2, 192, "Wrong on 9 of 192.", EXAMPLE),
    Property("pure", "Leaves its arguments alone", Mark.NOT_RUN, 0, 1, 0, ""),
)

MISTAKE = Diagnosis(
    id="no_mask",
    title="It leaves out the derivative.",
    hint="What happens to a unit below zero?",
    strong_hint="Multiply by the indicator.",
    read="Equation 7.24.",
)
FIRST = FirstDifference("all_dl_df[4]", "`all_dl_df[4]` is wrong; line 25 of cell 10 sets it.", 10, (25,))

#: A line that is wrong, and one that is missing.
WRONG_LINE = MendedStatement(
    kind=MendingKind.REPLACE,
    rows=("weight_gradient",),
    titles=("Gradient of the weights",),
    lines=(SourceLine(10, 25),),
    source="dW[k] = df[k] @ h[k]",
    read="Equation 7.23.",
    hint="What are the weights multiplied with?",
    wrong=WrongNumber("dW[0]", [1, 2], 0.7, 0.5, {"K": 2, "D": [2, 3]}),
)
MISSING_LINE = MendedStatement(
    MendingKind.INSERT, ("bias_gradient",), ("Gradient of the biases",), (), "", "Equation 7.22.", "What is added?"
)

SUBMISSION = SubmissionRecord(
    id="sub1",
    course="ml",
    assignment="udl-7.2",
    revision="49737db601a42a8b",
    student="ada",
    attempt=2,
    filename="answer.py",
    source_sha256="0" * 64,
    size=10,
    state=State.DONE,
    created=1_700_000_000.25,
    started=1_700_000_001.0,
    finished=1_700_000_002.5,
    verdict=1,
)


def in_state(state: State) -> SubmissionRecord:
    """The submission, somewhere else on its way."""
    return dataclasses.replace(SUBMISSION, state=state, verdict=None, finished=None)


def verdict(
    outcome: Outcome = Outcome.FAILED,
    rows: tuple[Property, ...] = ROWS,
    error: StudentError | None = None,
    output: str = "",
) -> Verdict:
    """A verdict, with a flag in it that no student may see."""
    judgement = Judgement(
        outcome,
        rows,
        next((row.counterexample for row in rows if row.counterexample), None),
        error,
        Statistics(200, 9000, 1, 0, 0.25),
        (Flag("secret_flag", "a secret for staff"),),
    )
    source = GradedSubmission("sub1", "answer.py", "0" * 64)
    return Verdict.of(source, GradedAssignment("udl-7.2", "r", "n"), judgement, output)


def explain_verdict(level: Level | None = None, **changes: Any) -> Verdict:
    """A verdict that names the mistake and the line, at a level of feedback."""
    return dataclasses.replace(verdict(**changes), diagnosis=(MISTAKE,), first_difference=FIRST, level=level)


def repair_verdict(*statements: MendedStatement, **changes: Any) -> Verdict:
    """A verdict that says which lines must be changed; by default one that is wrong, and one that is missing."""
    return dataclasses.replace(verdict(**changes), repair=statements or (WRONG_LINE, MISSING_LINE))


def reset_rows(rows: tuple[Property, ...] = ROWS) -> tuple[Property, ...]:
    """The rubric of a submission that was never put to the test."""
    return tuple(dataclasses.replace(row, outcome=Mark.NOT_RUN, score=0, counterexample=None) for row in rows)


REFUSAL = StudentError("syntax_error", "Line 3: '(' was never closed.")
EXCEPTION = StudentError("ValueError", "shapes", "Traceback:\n  line 3, in backward_pass\nValueError: shapes\n")
