"""The lines that must be changed, in words: where they are, what they cost, and a number that shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from backmark.grader.model.cases import format_case, format_number
from backmark.grader.model.mended_statement import MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import StudentError, Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.exceptions import describe_exception
from backmark.grader.reports.plaintext import sentence, upper_first
from backmark.grader.reports.slips import ask_about, describe_slips

#: The heading of the list.
HEADING = "What to change"

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: Lines of one statement that are named one by one.
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class LineChange:
    """A statement that must be changed, as text; a text that the verdict does not have, or hides, is empty."""

    #: The place and the fault, such as "Line 12 is wrong".
    fault: str
    #: The titles of the rows that it costs.
    title: str
    #: The marks that these rows lost, without those that a statement before it has cost already.
    lost: int
    source: str
    wrong: str
    #: The author's hint, and the question about the kind of slip where the slip itself is not shown.
    hint: str
    question: str
    read: str

    @property
    def heading(self) -> str:
        """The rows, the fault and the marks, in one line."""
        marks = f" ({self.lost} {'mark' if self.lost == 1 else 'marks'} lost)" if self.lost else ""
        fault = f"{self.fault[:1].lower()}{self.fault[1:]}" if self.title else self.fault
        return f"{': '.join(filter(None, (self.title, fault)))}{marks}"

    @property
    def advice(self) -> tuple[str, ...]:
        """The lines that stand below the quoted source."""
        return tuple(
            filter(None, (self.wrong, self.hint, self.question, f"Read again: {self.read}" if self.read else ""))
        )


def list_changes(verdict: Verdict) -> tuple[LineChange, ...]:
    """Return the statements that must be changed, in the order of the submission."""
    lost = {row.name: row.max_score - row.score for row in verdict.properties}
    return tuple(
        LineChange(
            upper_first(_describe_fault(statement)),
            join_words(statement.titles),
            sum(lost.pop(name, 0) for name in statement.rows),
            statement.source,
            _describe_evidence(statement, verdict.error),
            statement.hint,
            ask_about(statement.known_slips) if statement.kind is None else "",
            statement.read,
        )
        for statement in verdict.repair
    )


def _describe_evidence(statement: MendedStatement, error: StudentError | None) -> str:
    """Return what shows that a statement is wrong: a number, or the exception that it raised if nothing else does."""
    if statement.wrong is not None:
        return describe_number(statement.wrong)
    mistake = None if error is None else error.mistake
    raised = mistake is not None and mistake.line in statement.lines
    return describe_exception(error) if raised and not statement.slips else ""


def summarize_changes(verdict: Verdict) -> str:
    """Return one sentence: the fault of the only line, or how many lines there are; empty if they are not shown."""
    statements = [statement for statement in verdict.repair if statement.kind is not None]
    if len(statements) <= 1:
        return "".join(describe_changes(verdict))
    missing = sum(statement.kind is MendingKind.INSERT for statement in statements)
    if missing == len(statements):
        return f"{_count(missing)} lines are missing."
    text = f"{_count(len(statements) - missing)} {'line is' if len(statements) - missing == 1 else 'lines are'} wrong"
    if missing:
        text += f", and {_count(missing).lower()} {'is' if missing == 1 else 'are'} missing"
    return f"{text}."


def describe_changes(verdict: Verdict) -> Iterator[str]:
    """Yield a sentence for each statement whose place is shown: "Gradient of the weights: line 12 is wrong."."""
    for statement in verdict.repair:
        if fault := _describe_fault(statement):
            title = join_words(statement.titles)
            yield sentence(f"{title}: {fault}" if title else upper_first(fault))


def _describe_fault(statement: MendedStatement) -> str:
    """Return the place and the fault of a statement; empty if the verdict hides them."""
    if statement.kind is None:
        return ""
    if statement.kind is MendingKind.INSERT:
        return "a line is missing"
    place, several = locate(statement.lines) or "a line", len(statement.lines) > 1
    slip = describe_slips(statement.known_slips)
    if several:
        # Of several that write one array together, not each one need be wrong.
        return f"{place} together compute a wrong value{f': one of them {slip}' if slip else ''}"
    return f"{place} {slip or 'is wrong'}"


def locate(lines: Sequence[SourceLine]) -> str:
    """Return the places of lines in words: "lines 12 and 14", "line 25 of code cell 10 (begins `x = 1`)"."""
    groups = groupby(lines, key=lambda line: (line.file, line.cell))
    return join_words([_locate_together(list(part)) for _, part in groups])


def _locate_together(lines: Sequence[SourceLine]) -> str:
    numbers = [line.line for line in lines]
    if len(numbers) == 1:
        return lines[0].where
    many = len(numbers) > _MOST_NAMED
    text = f"lines {min(numbers)} to {max(numbers)}" if many else f"lines {join_words(list(map(str, numbers)))}"
    return lines[0].place(text)


def describe_number(wrong: WrongNumber) -> str:
    """Return the sentence about a wrong number, with the case in which it is wrong."""
    index = f"[{', '.join(map(str, wrong.index))}]" if wrong.index else ""
    expected, actual = format_number(wrong.expected), format_number(wrong.actual)
    if actual == expected:
        # They differ in digits that are not shown elsewhere.
        expected, actual = repr(wrong.expected), repr(wrong.actual)
    given = "not a finite number" if wrong.actual is None else actual
    case = format_case(wrong.case)
    place = f"With {case}, " if case else ""
    return f"{place}`{wrong.result}{index}` is {given}, but must be {expected}."


def _count(number: int) -> str:
    return upper_first(_COUNTS[number]) if number < len(_COUNTS) else str(number)
