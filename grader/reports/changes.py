"""The lines that must be changed, in words: where they are, what they cost, and a number that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from backmark.grader.model.cases import format_case, format_number
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.mended_statement import LARGEST_COMPARED, MendedStatement, MendingKind, WrongNumber
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.exceptions import describe_exception
from backmark.grader.reports.plaintext import sentence, upper_first
from backmark.grader.reports.slips import ask_about, describe_slips, find_kinds

#: The heading of the list.
HEADING = "What to change"

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: Lines of one statement that are named one by one.
_MOST_NAMED = 4
#: Digits of a number in a sentence.
_DIGITS = 4


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
    #: True if `wrong` is what the code did with the smallest case in place of answering.
    tells_instead: bool = False

    @property
    def heading(self) -> str:
        """The rows, the fault and the marks, in one line."""
        marks = f" ({self.lost} {'mark' if self.lost == 1 else 'marks'} lost)" if self.lost else ""
        fault = f"{self.fault[:1].lower()}{self.fault[1:]}" if self.title else self.fault
        return f"{': '.join(filter(None, (self.title, fault)))}{marks}"

    @property
    def advice(self) -> tuple[str, ...]:
        """The lines that stand below the quoted source."""
        read = f"Read again: {self.read}" if self.read else ""
        return tuple(filter(None, (self.wrong, self.hint, self.question, read)))


def list_changes(verdict: Verdict, within: str = "") -> tuple[LineChange, ...]:
    """Return the statements that must be changed, in the order of the submission, each to be read by itself.

    `within` is the cell or the file that is named already.
    """
    lost = {row.name: row.max_score - row.score for row in verdict.properties}
    changes = []
    for statement in verdict.repair:
        evidence = _describe_evidence(statement, verdict, within)
        instead = describe_instead(verdict) if not evidence and _explains_all(statement, verdict) else ""
        change = LineChange(
            upper_first(_describe_fault(statement, within)),
            join_words(statement.titles),
            sum(lost.pop(name, 0) for name in statement.rows),
            statement.source,
            evidence or (f"In the smallest case, {instead[:1].lower()}{instead[1:]}" if instead else ""),
            statement.hint,
            ask_about(statement.known_slips if statement.kind is None else find_kinds(statement.slips)),
            statement.read,
            tells_instead=instead != "",
        )
        changes.append(change)
    return tuple(changes)


def list_together(verdict: Verdict) -> tuple[str, tuple[LineChange, ...]]:
    """Return the heading of the list, which names the cell of all lines, and the list, which says nothing twice.

    The only fault is what `summarize_changes` says, if no explanation is: the explanation's hint leads to all of them.
    """
    within, best = find_container(verdict), next(iter(verdict.diagnosis), None)
    explained = best is not None and best.title != ""
    own_hint = f"{best.hint} {best.apart}".rstrip() if best is not None and explained else ""
    only = len(verdict.repair) == 1 and not explained
    said: set[str] = set()

    def once(text: str) -> str:
        is_new = text not in said
        said.add(text)
        return text if is_new else ""

    changes = tuple(
        replace(
            change,
            fault=upper_first(locate(statement.lines, within)) if only and statement.lines else change.fault,
            source=once(change.source),
            wrong=once(change.wrong),
            hint=once(own_hint or change.hint),
            question=once(change.question),
            read=once(change.read),
        )
        for statement, change in zip(verdict.repair, list_changes(verdict, within), strict=True)
    )
    return f"{HEADING} in {within}" if within else HEADING, changes


def find_container(verdict: Verdict) -> str:
    """Return the cell or the file of all lines to change; empty if there are several, or only one file."""
    containers = {line.container for statement in verdict.repair for line in statement.lines}
    return containers.pop() if len(containers) == 1 else ""


def _describe_evidence(statement: MendedStatement, verdict: Verdict, within: str) -> str:
    """Return what shows that a statement is wrong: the exception that it raised, or a number; empty without."""
    mistake = None if verdict.error is None else verdict.error.mistake
    if mistake is not None and mistake.line in statement.lines:
        return describe_exception(verdict.error, within)
    shown = _find_first_wrong(verdict.counterexample) if _explains_all(statement, verdict) else None
    if shown is not None:
        return f"In the smallest case, {describe_number(shown)}"
    return "" if statement.wrong is None else describe_number(statement.wrong)


def _explains_all(statement: MendedStatement, verdict: Verdict) -> bool:
    """Return True if all that is wrong in the smallest case comes from a statement: from the only wrong one."""
    return statement.kind is not None and len(verdict.repair) == 1


def was_judged(verdict: Verdict) -> bool:
    """Return True if the submission answered every case."""
    return verdict.outcome in {Outcome.FAILED, Outcome.ERROR, Outcome.PASSED}


def describe_instead(verdict: Verdict) -> str:
    """Return what the code did with the counterexample in place of answering; empty if it answered or ended."""
    instead = None if verdict.counterexample is None else verdict.counterexample.instead
    return sentence(f"Your code {instead}") if instead and was_judged(verdict) else ""


def _find_first_wrong(example: CaseCounterexample | None) -> WrongNumber | None:
    """Return the first wrong number of a counterexample; None if it is not known, or beyond what a reader compares."""
    if example is None or example.first is None or example.instead is not None:
        return None
    first = example.first
    result = next(result for result in example.results if result.name == first.result)
    expected, actual = result.expected, result.actual
    for index in first.index:
        expected, actual = expected[index], actual[index]
    if actual is not None and abs(actual) > LARGEST_COMPARED:
        return None
    return WrongNumber(first.result, first.index, expected, actual, {})


def summarize_changes(verdict: Verdict) -> str:
    """Return one sentence: the fault of the only line, or how many lines there are; empty if they are not shown."""
    statements = [statement for statement in verdict.repair if statement.kind is not None]
    missing = sum(statement.kind is MendingKind.INSERT for statement in statements)
    if not statements:
        return ""
    if len(statements) == 1:
        (change,) = list_changes(verdict, find_container(verdict))
        return sentence(f"{change.fault}: {change.title}" if change.title and not statements[0].lines else change.fault)
    if missing == len(statements):
        return f"{count(missing)} lines are missing."
    # A line may be wrong in two ways.
    wrong = len({statement.lines for statement in statements if statement.lines})
    text = f"{count(wrong)} {'line is' if wrong == 1 else 'lines are'} wrong"
    if missing:
        text += f", and {count(missing).lower()} {'is' if missing == 1 else 'are'} missing"
    return f"{text}."


def _describe_fault(statement: MendedStatement, within: str) -> str:
    """Return the place and the fault of a statement; empty if the verdict hides them."""
    if statement.kind is None:
        return ""
    if statement.kind is MendingKind.INSERT:
        return "a line is missing"
    place, several = locate(statement.lines, within) or "a line", len(statement.lines) > 1
    slip = describe_slips(statement.known_slips)
    if several:
        # Of several that write one array together, not each one need be wrong.
        return f"{place} together compute a wrong value{f': one of them {slip}' if slip else ''}"
    return f"{place} {slip or 'is wrong'}"


def locate(lines: Sequence[SourceLine], within: str = "") -> str:
    """Return the places of lines in words: "lines 12 and 14", "line 25 of code cell 10 (begins `x = 1`)"."""
    groups = groupby(lines, key=lambda line: line.container)
    return join_words([_locate_together(list(part), within) for _, part in groups])


def _locate_together(lines: Sequence[SourceLine], within: str) -> str:
    numbers = [line.line for line in lines]
    many = len(numbers) > _MOST_NAMED
    text = f"{min(numbers)} to {max(numbers)}" if many else join_words(list(map(str, numbers)))
    return lines[0].place(f"line{'s' if len(numbers) > 1 else ''} {text}", within)


def describe_number(wrong: WrongNumber) -> str:
    """Return the sentence about a wrong number, with the case in which it is wrong."""
    index = f"[{', '.join(map(str, wrong.index))}]" if wrong.index else ""
    for digits in (_DIGITS, 2 * _DIGITS):
        expected, actual = (format_number(number, digits) for number in (wrong.expected, wrong.actual))
        if actual != expected:
            break
    else:
        # They differ in digits that are not shown elsewhere.
        expected, actual = repr(wrong.expected), repr(wrong.actual)
    given = "not a finite number" if wrong.actual is None else actual
    case = format_case(wrong.case)
    place = f"With {case}, " if case else ""
    return f"{place}`{wrong.result}{index}` is {given}; it must be {expected}."


def count(number: int) -> str:
    """Return a number in words, as far as it is small, at the beginning of a sentence."""
    return upper_first(_COUNTS[number]) if number < len(_COUNTS) else str(number)
