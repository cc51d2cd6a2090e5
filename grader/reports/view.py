"""The texts of a verdict in the order in which every form has them: what is wrong, the lines, the rubric, the case."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backmark.grader.model.assignment import Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import RETURNS_NONE, Diagnosis, Mark, Property, Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.changes import (
    LineChange,
    count,
    describe_instead,
    find_container,
    list_together,
    summarize_changes,
)
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.exceptions import describe_exception, locate_exception, quote_exception
from backmark.grader.reports.outcomes import describe_outcome, tone_of
from backmark.grader.reports.plaintext import upper_first
from backmark.grader.reports.reasons import list_reasons
from backmark.grader.reports.remarks import describe_remarks

#: The judge of *passed*, whose message says on how many cases a submission is wrong; the row of what repeats.
_JUDGE, _PURE = "finite_differences", "pure"
#: Characters of a row's message that is repeated under another row.
_SHORT = 40


class LineMark(StrEnum):
    """The reason why a line is marked."""

    #: It must be changed.
    MENDED = "mended"
    #: A traceback, or why the file was refused, names it.
    RAISED = "raised"
    #: It writes what is the first to differ.
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line of the submission that the verdict names, with its place in words."""

    place: str
    text: str
    mark: LineMark


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the rubric; `says` is short or empty if the row before has the same text."""

    title: str
    outcome: Mark
    score: int
    max_score: int
    says: str
    #: True if it carries no marks although others do.
    unmarked: bool


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The texts, the first one first; `verdict` is what they were made from. One that says nothing is empty."""

    tone: str
    #: How many rows are right, what is wrong if that is known, and the outcome.
    right: str
    wrong: str
    outcome: str
    #: The text that follows them: the line that raised, the first difference, or why a file was refused.
    more: str
    #: Sentences about the submission beside its marks.
    remarks: str
    #: The exception, and True if a sentence says the same in plain words.
    trace: str
    explained: bool
    #: The lines that must be changed, below their heading.
    heading: str
    changes: tuple[LineChange, ...]
    #: Sentences about the functions that the notebook's own check uses, if they are wrong.
    check: str
    #: The explanations whose hints help where no lines are named.
    hints: tuple[Diagnosis, ...]
    rows: tuple[ShownRow, ...]
    #: On how many cases it is wrong, if no row says that, and what came in the smallest one, if no line says that.
    tally: str
    instead: str
    #: How the lines were found and the rows decided: for staff alone.
    reasons: tuple[str, ...]
    #: The student's own lines that the verdict names, without those to change.
    lines: tuple[NamedLine, ...]
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """How many rows are right, and what is wrong, or at least the outcome."""
        return join_sentences(self.right, self.wrong or self.outcome)

    @property
    def quoted(self) -> str:
        """The exception, where no sentence says the same."""
        return "" if self.explained else self.trace


def make_view(verdict: Verdict, lines: tuple[NamedLine, ...] = ()) -> VerdictView:
    """Return the view of a verdict that holds only what its reader may see.

    `lines` are the student's own that it names, if they are to be shown beside it.
    """
    wrong, more = _write_sentence(verdict)
    heading, changes = list_together(verdict)
    rows = list_rows(verdict)
    refused = verdict.outcome is Outcome.REJECTED
    shown = () if refused else tuple(_show_rows(rows, verdict))
    # A row that keeps its marks says why, and not on how many cases.
    told = any(row.says and row.outcome is Mark.FAILED and not 0 < row.max_score == row.score for row in shown)
    return VerdictView(
        tone=tone_of(verdict.outcome),
        right=_count_rows(rows),
        wrong=wrong,
        outcome=describe_outcome(verdict.outcome),
        more=more,
        remarks=describe_remarks(verdict),
        trace="" if refused or (verdict.error and more == verdict.error.message) else quote_exception(verdict).rstrip(),
        explained=bool(describe_exception(verdict.error)),
        heading=heading,
        changes=changes,
        check=describe_check(verdict),
        hints=_choose_hints(verdict),
        rows=shown,
        tally="" if told else next((row.message for row in verdict.properties if row.name == _JUDGE), ""),
        instead="" if any(change.tells_instead for change in changes) else describe_instead(verdict),
        reasons=list_reasons(verdict),
        lines=lines,
        verdict=verdict,
    )


def join_sentences(*sentences: str) -> str:
    """Return sentences one behind the other, without those that are empty."""
    return " ".join(filter(None, sentences))


def list_rows(verdict: Verdict) -> list[Property]:
    """Return the rows that tell something: those with marks, or else all; of the others those that failed alone."""
    marked = [row for row in verdict.properties if row.max_score]
    held = all(row.outcome is Mark.PASSED for row in marked)
    rows = [
        row
        for row in verdict.properties
        if row.max_score or not marked or (row.outcome is Mark.FAILED and (held or row.name == _PURE))
    ]
    return [row for row in rows if row.name != _JUDGE or row.max_score] or rows


def _count_rows(rows: Sequence[Property]) -> str:
    """Return how many of the rows with marks are right, where some are and some are not."""
    marked = [row for row in rows if row.max_score]
    right = sum(row.outcome is Mark.PASSED for row in marked)
    if not 0 < right < len(marked):
        return ""
    return f"{count(right)} of the {count(len(marked)).lower()} rows {'is' if right == 1 else 'are'} right."


def _write_sentence(verdict: Verdict) -> tuple[str, str]:
    """Return the sentence about what is wrong, empty if the outcome says all, and the text that follows it."""
    outcome, error, first = verdict.outcome, verdict.error, verdict.first_difference
    if outcome is Outcome.PASSED:
        return "", _count_numbers(verdict)
    raised, differs = _describe_raised(verdict), first.message if first else ""
    kind = error.mistake.kind if error is not None and error.mistake is not None else ""
    nothing = "Your code returns nothing." if kind == RETURNS_NONE else ""
    if mistake := nothing or _name_mistake(verdict.diagnosis) or summarize_changes(verdict):
        return mistake, "" if _is_evidence(verdict) else (raised if nothing else _follow(raised, verdict)) or differs
    if raised:
        # A line that writes a wrong result is no better to know than one that raised.
        return raised, differs
    if error is not None and not error.traceback and outcome is not Outcome.FAILED:
        return describe_exception(error, find_container(verdict)), error.message
    varies = any(row.name == _PURE and row.outcome is Mark.FAILED for row in verdict.properties)
    hides = verdict.level is not None or verdict.repair or verdict.diagnosis or not verdict.properties
    return "" if hides or differs or varies else "We could not tell which lines are wrong.", differs


def _count_numbers(verdict: Verdict) -> str:
    """Return the sentence about all numbers of a right submission; empty if they are not shown."""
    figures = verdict.statistics
    cases = f"{figures.networks:,} case{'' if figures.networks == 1 else 's'}"
    return f"All {figures.derivatives:,} numbers are right, in {cases}." if figures.networks else ""


def _is_evidence(verdict: Verdict) -> bool:
    """Return True if the line that raised must be changed, and says what it did."""
    mistake = None if verdict.error is None else verdict.error.mistake
    return mistake is not None and any(mistake.line in statement.lines for statement in verdict.repair)


def _follow(raised: str, verdict: Verdict) -> str:
    """Return the sentence about a line that raised as what comes of the lines to change, if these are named."""
    named = raised and any(statement.kind is not None for statement in verdict.repair)
    return f"As a result, {raised[:1].lower()}{raised[1:]}" if named else raised


def _choose_hints(verdict: Verdict) -> tuple[Diagnosis, ...]:
    """Return the explanations whose hints help: where hints stand alone all, else the best if no line is named."""
    if verdict.level is Level.HINT:
        return verdict.diagnosis
    return () if any(statement.kind is not None for statement in verdict.repair) else verdict.diagnosis[:1]


def _describe_raised(verdict: Verdict) -> str:
    """Return a sentence about the line that raised; empty if none did, or if it is unknown and some calls returned."""
    error, outcome = verdict.error, verdict.outcome
    if error is None or outcome not in {Outcome.ERROR, Outcome.FAILED}:
        return ""
    within = find_container(verdict)
    if mistake := describe_exception(error, within):
        return mistake
    raised = upper_first(locate_exception(error, within))
    if outcome is Outcome.ERROR:
        return f"{raised}."
    return f"{raised} on some cases." if error.frames else ""


def _name_mistake(diagnosis: Sequence[Diagnosis]) -> str:
    """Return a sentence with the mistake, or with both if two fit equally well; empty if none is named."""
    if not diagnosis or not diagnosis[0].title:
        return ""
    best, *others = diagnosis
    if not best.apart or not best.mistakes:
        # The title says whether it is claimed of the code, or of its answers alone.
        return best.title
    mistake = f"Your code {_format_mistakes(best)}"
    if len(others) == 1 and others[0].mistakes:
        return f"{mistake}, or it {_format_mistakes(others[0])}, or it has a mistake with the same effect."
    return f"{mistake}, or has a mistake with the same effect."


def _format_mistakes(diagnosis: Diagnosis) -> str:
    return join_words(mistake.title for mistake in diagnosis.mistakes)


def _show_rows(rows: Sequence[Property], verdict: Verdict) -> Iterator[ShownRow]:
    """Yield the rows; why one loses marks is said by the lines to change, if these are known."""
    known = any(statement.kind is not None for statement in verdict.repair)
    marked, previous = any(row.max_score for row in rows), ""
    for row in rows:
        lost = row.outcome is Mark.FAILED and row.name != _PURE and (row.score < row.max_score or not row.max_score)
        message = "" if known and lost else row.message
        short = message if len(message) <= _SHORT else "Same as above."
        again = short if message and row.outcome is Mark.FAILED else ""
        says = message if message != previous else again
        yield ShownRow(row.title, row.outcome, row.score, row.max_score, says, marked and not row.max_score)
        previous = message
