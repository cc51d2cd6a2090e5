"""A verdict from its sentence down to what was printed: the one drawing that pages, reports and notebooks show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from backmark.grader.model.assignment import Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Diagnosis, Verdict
from backmark.grader.reports.changes import LineChange
from backmark.grader.reports.html.example import draw_example
from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.markup import Html, classes, element, join
from backmark.grader.reports.html.text import block, line, mark_code, plural
from backmark.grader.reports.outcomes import NAMES
from backmark.grader.reports.plaintext import upper_first
from backmark.grader.reports.text import cut_output
from backmark.grader.reports.view import LineMark, NamedLine, ShownRow, VerdictView

#: The sign of a row, and what it says to a reader who does not see it.
_SIGNS = {"passed": ("✓", "passed"), "failed": ("✗", "failed")}
#: The reason of a file that is refused because it is no Python.
_SYNTAX_ERROR = "syntax_error"
_NOT_JUDGED = ("\N{EN DASH}", "not judged")
_LEVELS = {
    Level.SCORE: "Your course shows only the marks.",
    Level.HINT: "Your course shows hints and leaves it to you to find the mistake.",
    Level.LINE: "Your course shows which lines are wrong, and leaves the change to you.",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The additions of a page, a report or a notebook to the verdict that it shows."""

    #: The line above the sentence, such as the assignment's title.
    above: str = ""
    #: Facts about the submission, each with its name.
    facts: tuple[tuple[str, str], ...] = ()
    headings: Headings = field(default_factory=Headings)
    #: The way to call the code with the smallest case, in place of the script; empty for the script.
    call_again: str = ""
    #: True if the page has a script that makes a button copy a text.
    copies: bool = False


def draw_verdict(view: VerdictView, around: Surroundings) -> Html:
    """Return the whole verdict; what its reader may not see is not in the view."""
    return element("div", *_draw_parts(view, around), class_="verdict")


def _draw_parts(view: VerdictView, around: Surroundings) -> Iterator[Html]:
    verdict, headings = view.verdict, around.headings
    yield _draw_head(view, around)
    yield _draw_facts(around)
    if verdict.flags:
        flags = element(
            "ul", *(element("li", upper_first(line(flag.title)), class_="student") for flag in verdict.flags)
        )
        yield headings.section("flags", "For staff", flags, class_="notice warn section")
    # An exception that no sentence explains is the first to know; the others are folded.
    if view.quoted:
        yield _draw_error(view, headings)
    if view.changes:
        changes = element("ol", *map(_draw_change, view.changes), class_="changes")
        yield headings.section("changes", mark_code(view.heading), changes, class_="card section")
    if view.check:
        check = element("p", mark_code(view.check), class_="student")
        yield headings.section("check", "The notebook's own check", check, class_="card section")
    if view.rows or view.hints:
        yield element(
            "div",
            _draw_hints(view.hints, headings) if view.hints else None,
            _draw_rows(view.rows, headings) if view.rows else None,
            class_=classes("section judged", not view.hints and "alone"),
        )
    if view.lines:
        yield element("div", _draw_lines(view.lines, verdict, headings), class_="section")
    if view.explained and view.trace:
        summary = element("summary", "Show the exception")
        yield element("details", summary, _draw_code(block(view.trace), class_="code error"), class_="section")
    if verdict.counterexample:
        yield draw_example(view, headings, call_again=around.call_again, copies=around.copies)
    yield from _draw_end(view)


def _draw_end(view: VerdictView) -> Iterator[Html]:
    """Yield what is folded below all else."""
    if view.verdict.output:
        printed = element("summary", "Show what your code printed")
        yield element("details", printed, _draw_code(block(cut_output(view.verdict.output))), class_="section")
    if view.reasons:
        summary = element("summary", "For staff: how this was decided")
        reasons = element("ul", *(element("li", mark_code(reason)) for reason in view.reasons), class_="student")
        yield element("details", summary, reasons, class_="section")


def _draw_head(view: VerdictView, around: Surroundings) -> Html:
    verdict = view.verdict
    refused = verdict.outcome is Outcome.REJECTED
    level = _LEVELS.get(verdict.level) if verdict.level and not refused else None
    said = element(
        "div",
        element("p", around.above, class_="eyebrow student") if around.above else None,
        around.headings.main(mark_code(view.sentence)),
        element("p", mark_code(view.more), class_="lead student") if view.more else None,
        element("p", mark_code(view.remarks), class_="student") if view.remarks else None,
        element("p", level, class_="quiet level") if level else None,
        class_="hero-words",
    )
    marks = _draw_marks(view) if verdict.max_score and verdict.score is not None and not refused else None
    return element("div", said, marks, class_=f"hero {view.tone}")


def _draw_marks(view: VerdictView) -> Html:
    verdict = view.verdict
    figure = element("span", str(verdict.score), class_="figure")
    meter = element(
        "progress",
        class_=classes("meter", view.tone == "good" and "good"),
        value=verdict.score,
        max=verdict.max_score,
        aria_label="Marks",
    )
    of = element("span", f"of {verdict.max_score} marks", class_="score-of")
    return element(
        "div",
        element("p", figure, " ", of, class_="score-figure"),
        meter,
        element("p", upper_first(NAMES[verdict.outcome]), class_="quiet"),
        class_="score",
    )


def _draw_facts(around: Surroundings) -> Html:
    pairs = (
        element("div", element("dt", name), element("dd", value, class_="student")) for name, value in around.facts
    )
    return element("dl", *pairs, class_="facts hero-facts") if around.facts else Html()


def _draw_error(view: VerdictView, headings: Headings) -> Html:
    some = view.verdict.outcome is not Outcome.ERROR
    partly = "On some cases your code raises an exception instead of returning a result."
    return headings.section(
        "error",
        "The exception",
        element("p", partly, class_="quiet") if some else None,
        _draw_code(block(view.trace), class_="code error"),
    )


def _draw_change(change: LineChange) -> Html:
    title = element("strong", mark_code(change.title))
    fault = join([": " if change.title else None, element("span", mark_code(change.fault), class_="student")])
    lost = element("span", f"{plural(change.lost, 'mark')} lost", class_="badge bad")
    return element(
        "li",
        element("p", title, fault if change.fault else None, *([" ", lost] if change.lost else [])),
        _draw_code(block(change.source), class_="code student", label=line(change.fault)) if change.source else None,
        element("p", mark_code(change.wrong), class_="student") if change.wrong else None,
        element("p", mark_code(change.hint), class_="student") if change.hint else None,
        element("p", mark_code(change.question)) if change.question else None,
        _draw_reference("Read again", change.read) if change.read else None,
    )


def _draw_rows(rows: Sequence[ShownRow], headings: Headings) -> Html:
    return headings.section("rubric", "Rubric", element("ul", *map(_draw_row, rows), class_="rubric"), class_="card")


def _draw_row(row: ShownRow) -> Html:
    sign, said = _SIGNS.get(row.outcome, _NOT_JUDGED)
    title = element(
        "p", mark_code(row.title), " ", element("span", f": {said}", class_="unseen"), class_="rubric-title"
    )
    says = element("p", mark_code(row.says), class_="rubric-says student") if row.says else None
    of = element("span", f"/{row.max_score}", class_="soft")
    return element(
        "li",
        element("span", sign, class_="sign", aria_hidden="true"),
        element("div", title, says),
        element("p", str(row.score), of, class_="rubric-marks") if row.max_score else None,
        class_=classes(row.outcome, row.unmarked and "unmarked"),
    )


def _draw_hints(diagnosis: Sequence[Diagnosis], headings: Headings) -> Html:
    best, *others = (_draw_hint(hint, titled=number > 0) for number, hint in enumerate(diagnosis))
    parts = [best]
    if others:
        parts.append(headings.minor("Another possibility", class_="hint-other"))
    return headings.section("hints", "Hint", *parts, *others, class_="card hints")


def _draw_hint(hint: Diagnosis, *, titled: bool) -> Html:
    strong = element("p", mark_code(hint.strong_hint), class_="student")
    details = element("details", element("summary", "Show a stronger hint"), strong)
    return element(
        "div",
        element("p", element("strong", mark_code(hint.title)), class_="student") if titled and hint.title else None,
        element("p", mark_code(hint.hint), class_="hint-weak student"),
        details if hint.strong_hint not in {"", hint.hint} else None,
        _draw_reference("Read again", hint.read) if hint.read else None,
        _draw_reference("To tell them apart", hint.apart) if hint.apart else None,
        class_="hint",
    )


def _draw_reference(name: str, text: str) -> Html:
    return element("p", element("span", name, class_="read"), " ", mark_code(text), class_="quiet student")


def _draw_lines(lines: Sequence[NamedLine], verdict: Verdict, headings: Headings) -> Html:
    parts = []
    raised = "raises the exception"
    if verdict.outcome is Outcome.REJECTED:
        is_syntax = verdict.error is not None and verdict.error.type == _SYNTAX_ERROR
        raised = "is not valid Python" if is_syntax else "is why the file was not graded"
    for named in lines:
        did = "sets the first wrong value" if named.mark is LineMark.DIFFERS else raised
        parts += [
            element("p", f"{named.place} {did}", class_="quiet"),
            _draw_code(named.text.strip(), label=named.place),
        ]
    return headings.section("own-lines", "In your code", *parts, class_="card own-lines")


def _draw_code(text: str, *, class_: str = "code", label: str | None = None) -> Html:
    # A line break at its very start would be left out.
    return element("pre", "\n", text, class_=class_, tabindex="0", aria_label=label)
