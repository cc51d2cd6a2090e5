"""A verdict in which everything that a level may hide is a word or a number that stands nowhere else."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from backmark.grader.model.assignment import CONTRACT, Feedback
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput, CaseResult, FirstWrong
from backmark.grader.model.mended_statement import MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.result import read_verdict
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import (
    CaseReached,
    Diagnosis,
    FirstDifference,
    Flag,
    GradedAssignment,
    GradedSubmission,
    Judgement,
    Mark,
    NamedMistake,
    NotebookCheck,
    Property,
    Statistics,
    StudentError,
    Verdict,
)
from backmark.grader.reports import disclosure

#: What a student's code says where it means to tell what it saw.
CANARY = "zq-said-weights-0.61803398"

ERROR = StudentError(
    "ZqError0x61803398",
    f"zq-message {CANARY}",
    f"  cell 9, line 31, in zq_named_61803398\n    raise ZqError\n  line 999999, in zq\nZqError: zq-message {CANARY}",
    (SourceLine(9, 31), SourceLine(None, 999999)),
    (SourceLine(None, 86129),),
)


def example(seed: float) -> CaseCounterexample:
    """A counterexample whose numbers are its own."""
    matrices = iter([[[round(seed + k / 1000, 9)]] for k in range(4)])
    return CaseCounterexample(
        kind=CONTRACT,
        case={"zq-dim": round(seed + 0.5, 9)},
        inputs=tuple(CaseInput(name, [1, 1], next(matrices)) for name in ("x", "w")),
        results=(CaseResult("dw", [1, 1], next(matrices), next(matrices), 1, [[True]]),),
        first=FirstWrong("dw", [0, 0]),
        instead=f"zq-instead-{seed}",
        script=f"# zq-script-{seed}\nprint({seed})\n",
    )


#: As the engine says it.
LIMIT_ERROR = StudentError(
    "Limit",
    "It went too far. It was at network 86131 of 86132, which has 86133 hidden layers.",
    ending="It went too far.",
    reached=CaseReached(86131, 86132, {"K": 86133}),
)


#: Row by row: what its message says, and whether it holds.
ROWS = tuple(
    replace(row, names=("weight_gradient",) if row.name == "any_shape" else ())
    for row in (
        Property("finite_differences", "Zq agreement", Mark.FAILED, 0, 0, 86111, "zq-wrong-on-86112", example(0.11122)),
        Property("bias_gradient", "Zq biases", Mark.PASSED, 3, 3, 86113, ""),
        Property("weight_gradient", "Zq weights", Mark.FAILED, 0, 5, 86114, "zq-should-be-W", example(0.222333444)),
        Property("relu_derivative", "Zq derivative", Mark.FAILED, 0, 7, 86115, "zq-should-be-D", example(0.333444555)),
        Property("any_shape", "Zq shapes", Mark.FAILED, 0, 2, 86116, "Zq weights: right at home", example(0.444555666)),
    )
)


#: Two lines that cost one row, and a third that costs another.
REPAIR = (
    *(
        MendedStatement(
            MendingKind.REPLACE,
            ("weight_gradient",),
            ("Zq weights",),
            (SourceLine(9, number),),
            f"zq-line-{number} {CANARY}",
            "zq-reread-weights",
            "zq-ask-weights?",
            WrongNumber(f"zq-result-{number}", [86143], 0.86144861, 0.86145861, {"zq-dim": 86146}),
            (Slip(kind, f"zq-before {CANARY}", f"zq-after {number}"),),
        )
        for number, kind in ((86141, SlipKind.INDEX), (86142, SlipKind.FACTOR))
    ),
    MendedStatement(
        kind=MendingKind.INSERT,
        rows=("relu_derivative",),
        titles=("Zq derivative",),
        lines=(),
        source="",
        read="zq-reread-derivative",
        hint="zq-ask-derivative?",
    ),
)


CHECK = NotebookCheck(
    "zq-check",
    "zq-shape",
    "zq-code",
    ("zq_forward",),
    WrongNumber("zq-wrong", [86152], 0.86153861, 0.86154861, {}),
    (SourceLine(9, 86151), SourceLine(9, 861_510_000)),
)

REASONS = (
    Reason(Explainer.VALUE, ("zq-reason-row",), (SourceLine(9, 86161),)),
    Reason(Explainer.MISTAKE, ("weight_gradient",), mistake="zq-known-mistake"),
)

#: What of it is shown to those who are shown hints.
CHECK_AT_HINT = (CHECK.name, CHECK.shape, CHECK.code, *CHECK.functions, "86151")


def reveal_all(
    outcome: Outcome = Outcome.FAILED, error: StudentError | None = None, rows: tuple[Property, ...] = ROWS
) -> dict[str, Any]:
    """The verdict, as the store keeps it, with the error that goes with the outcome unless another is given."""
    is_ending = outcome in {Outcome.TIMEOUT, Outcome.MEMORY, Outcome.OUTPUT_LIMIT, Outcome.CRASHED}
    error = error or (LIMIT_ERROR if is_ending else ERROR)
    judgement = Judgement(
        outcome,
        rows,
        next((row.counterexample for row in rows if row.counterexample), None),
        error,
        Statistics(86117, 86118, 86119, 86120, 86.121),
        (Flag("zq-flag-id", "zq-flag-title"),),
        (
            Diagnosis(
                *("zq-mistake", "It does zq-title.", "zq-weak?", "zq-strong!", "zq-equation", "zq-apart"),
                (NamedMistake("zq-mistake", "zq-does"),),
                ("activation_gradient",),
            ),
        ),
        ("zq_dl_df[2]",),
        FirstDifference("zq_dl_df[2]", "zq-first-to-differ", 86125, (86126,)),
        REPAIR,
        CHECK,
        explained_by=REASONS,
    )
    reference = GradedAssignment("levels", "49737db601a42a8b", "0" * 64)
    verdict = Verdict.of(
        GradedSubmission("0123456789abcdef", "answer.py", "0" * 64),
        reference,
        judgement,
        f"zq-printed {CANARY}\n",
        fingerprint="zq-fingerprint",
    )
    return dict(json.loads(json.dumps(verdict.as_dict())))


def disclose(result: dict[str, Any], feedback: Feedback, attempt: int | None) -> dict[str, Any]:
    """A result object as a student sees it, by way of the record."""
    return dict(json.loads(json.dumps(disclosure.disclose(read_verdict(result), feedback, attempt).as_dict())))


def secrets(value: object) -> set[str]:
    """Every word and number of its own that stands in part of a verdict."""
    return {word for text in texts(value) for word in re.findall(r"(?i)\bzq[\w.-]*\w|0?\.\d{6,}|\b8\d\d\d\d\b", text)}


def texts(value: object) -> Iterator[str]:
    """Every text and number in it, as a text."""
    match value:
        case dict():
            for part in value.values():
                yield from texts(part)
        case list():
            for part in value:
                yield from texts(part)
        case _:
            yield str(value)


def find_betrayals(text: str, facts: set[str]) -> list[str]:
    """Which of the facts can be read in a text: a whole number is none within a longer one, such as a time."""
    return sorted(fact for fact in facts if re.search(_describe_fact(fact), text, re.IGNORECASE))


def _describe_fact(fact: str) -> str:
    return rf"(?<![\d.]){fact}(?!\d)" if fact.isdigit() else re.escape(fact)
