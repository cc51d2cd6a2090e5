"""A transpose without its call, or one called that needs none: what was raised says so, with the line it was in."""

import re
from dataclasses import dataclass

from grader.diagnosis.bug import Bug, Where
from grader.diagnosis.case import Case
from grader.diagnosis.fit import Fit
from grader.properties.candidate import Raised


@dataclass(frozen=True, slots=True)
class _Slip:
    """A bug, the line that has it, and what NumPy says of it."""

    bug: Bug
    line: re.Pattern[str]
    message: re.Pattern[str]


SLIPS = (
    _Slip(
        Bug(
            "transpose_not_called",
            "writes .transpose without calling it",
            Where.RAISES,
            (),
            "Look at the line that raises: is everything in it an array?",
            "Write .T, or .transpose() with its parentheses.",
        ),
        re.compile(r"\.transpose\b(?!\s*\()"),
        re.compile(r"builtin_function_or_method|does not have enough dimensions \(has 0"),
    ),
    _Slip(
        Bug(
            "transpose_called",
            "calls .T like a function",
            Where.RAISES,
            (),
            "Look at the line that raises: what is called in it?",
            "Write .T without parentheses, or .transpose() with them.",
        ),
        re.compile(r"\.T\s*\("),
        re.compile(r"'numpy\.ndarray' object is not callable"),
    ),
)


def raised(case: Case) -> list[Fit]:
    """What every network that is not right raised, at a line of the student's that shows why."""
    errors = [case.answers[i] for i in sorted(case.wrong)]
    for slip in SLIPS:
        if errors and all(isinstance(each, Raised) and _shows(slip, each) for each in errors):
            return [Fit((slip.bug,))]
    return []


def _shows(slip: _Slip, error: Raised) -> bool:
    lines = [line for line in error.traceback.splitlines() if line.startswith("    ")]
    return bool(lines and slip.line.search(lines[-1]) and slip.message.search(error.message))
