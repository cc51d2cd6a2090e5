"""The lines that were found wrong, as a verdict names them."""

from collections.abc import Sequence

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Raised
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import numbers_of
from backmark.grader.contracts.rows.agreement import find_wrong
from backmark.grader.contracts.values.repairing import WrongLine
from backmark.grader.model.mended_statement import MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine


def list_raised(answers: Sequence[Answer]) -> frozenset[tuple[int, int]]:
    """Return the lines at which a submission raised, by cell and number."""
    frames = (line for answer in answers if isinstance(answer, Raised) for line in answer.frames)
    return frozenset((line.cell or 0, line.line) for line in frames)


def describe_lines(
    lines: Sequence[WrongLine], cases: ContractCases, answers: Sequence[Answer]
) -> tuple[MendedStatement, ...]:
    """Return the statements that must change, in the order of the submission; their texts are the worker's.

    The first wrong number is what the only one of them causes.
    """
    wrong = _find_number(cases, answers) if len(lines) == 1 else None
    return tuple(
        MendedStatement(
            MendingKind.REPLACE if line.edit is None else MendingKind.EDIT,
            (),
            (),
            tuple(SourceLine.of(*spot) for spot in line.spots),
            "",
            "",
            "",
            wrong,
            () if line.edit is None else (Slip(SlipKind(line.edit.kind), line.edit.before, line.edit.after),),
        )
        for line in sorted(lines, key=lambda line: line.spots)
    )


def _find_number(cases: ContractCases, answers: Sequence[Answer]) -> WrongNumber | None:
    """Return the first number of the first wrong case that the submission computed otherwise than it must."""
    for at, answer in enumerate(answers):
        case = cases.take([at])
        numbers = numbers_of(answer, case.starts[-1])
        wrong = find_wrong(numbers, case.expected, case.tolerances) & np.isfinite(numbers)
        for _, place, part in case.slices():
            if wrong[part].any():
                number = int(np.flatnonzero(wrong[part])[0])
                index = [int(axis) for axis in np.unravel_index(number, place.shape)]
                expected, actual = (float(each[part][number]) for each in (case.expected, numbers))
                return WrongNumber(place.expression, index, expected, actual, dict(case.drawn[0].dims))
    return None
