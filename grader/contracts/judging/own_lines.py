"""The student's own lines that write a wrong result, as the jail found them in the text."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import join_numbers
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import FirstDifference


class ListWrite(Protocol):
    """A line of the student's that writes a result, as a jail found it."""

    @property
    def name(self) -> str:
        """The result's expression."""
        ...

    @property
    def cell(self) -> int:
        """The notebook's cell, from 1 over its code cells; 0 in a file."""
        ...

    @property
    def line(self) -> int:
        """The line in it."""
        ...

    @property
    def file(self) -> str | None:
        """The path of its file in a package."""
        ...

    @property
    def begins(self) -> str:
        """The first line of its cell; empty in a file."""
        ...


def list_wrong(cases: ContractCases, answers: Sequence[Answer], declared: Sequence[str]) -> tuple[str, ...]:
    """Return the results that are wrong somewhere, in the order of their declaration.

    A result that is only missing has no line that writes it.
    """
    there = ~np.isnan(join_numbers(answers, cases.starts))
    wrong = set(cases.results[all_wrong(cases, answers) & there].tolist())
    for i, answer in enumerate(answers):
        forms: Sequence[Malformed] = getattr(answer, "forms", ())
        wrong |= {place.result for place in cases.layouts[i] if any(form.concerns(place.expression) for form in forms)}
    return tuple(declared[place] for place in sorted(wrong))


def locate_first(wrong: Sequence[str], writes: Sequence[ListWrite]) -> FirstDifference | None:
    """Return the first of the wrong results of which lines are known, with its sentence; None if there is none."""
    for expression in wrong:
        own = [write for write in writes if write.name == expression]
        if own:
            lines = tuple(sorted({write.line for write in own}))
            place = _describe(lines, own[0])
            verb = "set" if len(lines) > 1 else "sets"
            message = f"`{expression}` is wrong; {place} {verb} it."
            return FirstDifference(expression, message, own[0].cell or None, lines, own[0].file)
    return None


def _describe(lines: tuple[int, ...], write: ListWrite) -> str:
    *others, last = map(str, lines)
    numbers = f"lines {', '.join(others)} and {last}" if others else f"line {last}"
    cell = write.cell or None
    return SourceLine(cell, write.line, write.file, cell, write.begins or None).place(numbers)
