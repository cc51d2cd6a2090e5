"""The texts of a verdict as it is drawn: one sentence first, then everything that helps to mend it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backmark.grader.model.verdict import Diagnosis, Outcome, Verdict
from backmark.grader.model.words import CaseWords, find_words, join_words
from backmark.grader.reports.changes import LineChange, list_changes, summarize_changes
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.exceptions import describe_exception, locate_exception
from backmark.grader.reports.html.comparing import Array
from backmark.grader.reports.html.presentation import Presentation, present
from backmark.grader.reports.outcomes import describe_outcome, tone_of
from backmark.grader.reports.plaintext import upper_first
from backmark.grader.reports.remarks import describe_remarks
from backmark.grader.reports.wording import shorten_repeated


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
    outcome: str
    score: int
    max_score: int
    says: str
    #: True if it carries no marks although others do.
    unmarked: bool


@dataclass(frozen=True, slots=True)
class ShownExample:
    """The counterexample."""

    #: True if the code answered there, and was wrong.
    wrong: bool
    #: Its arrays, its picture if it has one, and their captions.
    shown: Presentation
    #: The thing that it did instead of returning arrays.
    instead: str | None
    script: str
    #: Its size, such as "K = 1", if the verdict speaks of a case of another size first; else empty.
    elsewhere: str

    @property
    def off(self) -> list[Array]:
        """The arrays with wrong entries, or of which that is not known."""
        return [array for array in self.shown.arrays if array.wrong != 0]

    @property
    def fine(self) -> list[Array]:
        """The arrays that are right."""
        return [array for array in self.shown.arrays if array.wrong == 0]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The values that are drawn; `verdict` is what they were made from."""

    tone: str
    sentence: str
    #: The text that follows the sentence at once.
    more: str
    #: The mistake behind the exception; empty if none is sure.
    mistake: str
    #: The lines that must be changed.
    changes: tuple[LineChange, ...]
    #: The student's own lines that the verdict names, without those.
    lines: tuple[NamedLine, ...]
    rows: tuple[ShownRow, ...]
    example: ShownExample | None
    words: CaseWords
    #: Sentences about the functions that the notebook's own check uses, if they are wrong.
    check: str
    #: Sentences about the submission beside its marks.
    remarks: str
    verdict: Verdict


def make_view(verdict: Verdict, lines: tuple[NamedLine, ...] = ()) -> VerdictView:
    """Return the view of a verdict that holds only what its reader may see.

    `lines` are the student's own that it names, if they are to be shown beside it.
    """
    known = find_words(verdict.assignment.kind)
    sentence, more = _write_sentence(verdict, known)
    return VerdictView(
        tone=tone_of(verdict.outcome),
        sentence=sentence,
        more=more,
        mistake=describe_exception(verdict.error),
        changes=list_changes(verdict),
        lines=lines,
        rows=tuple(_rows(verdict)),
        example=_example(verdict, known, led=bool(more)),
        words=known,
        check=describe_check(verdict),
        remarks=describe_remarks(verdict),
        verdict=verdict,
    )


def _write_sentence(verdict: Verdict, known: CaseWords) -> tuple[str, str]:
    """Return the one sentence, and the text that follows it."""
    outcome, error, first = verdict.outcome, verdict.error, verdict.first_difference
    sentence = describe_outcome(outcome, known)
    if outcome is Outcome.PASSED:
        return sentence, ""
    mistake, raised = _name_mistake(verdict.diagnosis), _describe_raised(verdict, known)
    # A line that writes a wrong result is no better to know than one that raised.
    differs = first.message if first else ""
    if mistake:
        return mistake, raised or differs
    changes = summarize_changes(verdict)
    if changes or raised:
        return changes or raised, raised if changes else differs
    if error and not error.traceback and outcome is not Outcome.FAILED:
        return sentence, error.message
    if first and first.lists:
        values = "is the first wrong value" if len(first.lists) == 1 else "are the first wrong values"
        return f"Counting from the output, {first.variable} {values}.", differs
    return sentence, differs


def _describe_raised(verdict: Verdict, known: CaseWords) -> str:
    """Return a sentence about the line that raised; empty if none did, or if it is unknown and some calls returned."""
    error, outcome = verdict.error, verdict.outcome
    if error is not None and outcome is Outcome.ERROR:
        return f"{upper_first(locate_exception(error))}."
    if error is not None and error.frames and outcome is Outcome.FAILED:
        return f"{upper_first(locate_exception(error))} on some {known.noun}s."
    return ""


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


def _rows(verdict: Verdict) -> Iterator[ShownRow]:
    if verdict.outcome is Outcome.REJECTED:
        # All of it would only say that nothing was judged.
        return
    marked = any(row.max_score for row in verdict.properties)
    for row, message in zip(verdict.properties, shorten_repeated(verdict.properties), strict=True):
        yield ShownRow(row.title, row.outcome, row.score, row.max_score, message, marked and not row.max_score)


def _example(verdict: Verdict, known: CaseWords, *, led: bool) -> ShownExample | None:
    """Return the counterexample; `led` is true if a sentence above it may speak of another case."""
    example = verdict.counterexample
    if example is None:
        return None
    return ShownExample(
        wrong=verdict.outcome in {Outcome.FAILED, Outcome.ERROR, Outcome.PASSED},
        shown=present(example, known),
        instead=example.instead,
        script=example.script,
        elsewhere=_describe_size(verdict) if led else "",
    )


def _describe_size(verdict: Verdict) -> str:
    """Return the size of the counterexample, if the first difference is told of a case of another depth."""
    first, example = verdict.first_difference, verdict.counterexample
    depth = getattr(example, "depth", None)
    if first is None or first.depth is None or depth is None or depth == first.depth:
        return ""
    return f"K = {depth}"
