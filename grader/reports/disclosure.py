"""The parts of a verdict that a student may see: the one place that knows what a level of feedback hides.

At `score` and `hint` a verdict is put together anew from what may be shown, so a new member of verdicts is hidden
until it is added here; `line` leaves out what must stand in the place of what. A student's code knows the cases'
numbers and can put them into every text of its own that comes back: what it printed, its exceptions' messages, the
names of its exceptions and functions. None of these is shown below `line`.
"""

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backmark.grader.errors import MadeByNewerVersion
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.mended_statement import MendedStatement
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.row_messages import OPEN_MESSAGES
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.stored import read
from backmark.grader.model.verdict import (
    Diagnosis,
    Mark,
    NotebookCheck,
    Property,
    PythonMistake,
    Remark,
    Statistics,
    StudentError,
    Verdict,
)

Raw = Mapping[str, Any]

#: The text shown in place of an exception's message.
WITHHELD = "(the message is not shown)"

#: The advice if a module is missing. It is a sentence of our own, whatever the exception's message is.
IMPORTS = (
    "Only NumPy and Python's standard library can be imported here. If the module is another file of yours, paste its"
    " code into this file."
)

#: The judge of *passed*: hidden or not, the outcome says whether it holds.
_JUDGE = "finite_differences"

#: Kinds of slips that a row is asked about.
_MOST_KINDS = 2

#: Larger numbers are not cells and lines, but may be a message in disguise.
_MOST_CELLS, _MOST_LINES = 9_999, 99_999

#: The end of a process, for a verdict that does not describe it or takes the description from the student's code.
_ENDED = {
    Outcome.TIMEOUT: "Your code ran for too long.",
    Outcome.MEMORY: "Your code asked for too much memory.",
    Outcome.OUTPUT_LIMIT: "Your code printed too much.",
    Outcome.CRASHED: "Your code's process ended without an answer.",
}

#: Settings that students may always read. A new one is hidden until it is added here.
_PUBLIC_SETTINGS = (
    *("id", "title", "kind", "entries", "call", "cases", "dtype", "package", "stand_ins"),
    *("limits", "templates"),
)


def disclose(
    verdict: Verdict, feedback: Feedback, attempt: int | None, lost: Sequence[Collection[str]] | None = None
) -> Verdict:
    """Return the verdict as a student may see it at this attempt; it has a `level` if something is left out.

    `attempt` is None where attempts are not counted. `lost` has the rows that each earlier attempt lost: a row whose
    lines are shown for the first time is not yet told the change. None: each of them lost every row.
    """
    level = feedback.at(attempt)
    if level in {Level.LINE, Level.FULL}:
        shown = _full(verdict, feedback.hidden)
        if level is Level.LINE:
            return _withhold(shown, lambda _: True)
        if attempt is None or lost is None:
            return shown
        waits = feedback.levels.count(Level.LINE)
        return _withhold(shown, lambda rows: _count_lost(rows, lost) < waits)
    totals, hidden = _totals(verdict, level), feedback.hidden
    if level is not Level.HINT:
        return totals
    return replace(
        totals,
        properties=tuple(
            Property(
                row.name, row.title, row.outcome, row.score, row.max_score, 0, _open_message(row, hidden), names=()
            )
            for row in _rows(verdict, hidden)
        ),
        diagnosis=tuple(_hints(verdict, hidden)),
        repair=_repair_hints(verdict, hidden),
        notebook_check=_check_hints(verdict, hidden),
        remarks=_remarks(verdict, hidden),
        error=_error(verdict),
    )


def disclose_settings(assignment: Raw) -> dict[str, Any]:
    """Return an assignment's settings as a student may read them.

    With the seed the cases can be drawn again, and with the rubric the marks of hidden properties can be computed
    from the total.
    """
    feedback = policy(assignment)
    hidden = set(feedback.hidden)
    settings = {key: assignment[key] for key in _PUBLIC_SETTINGS if key in assignment}
    # What a case holds is shown from `line` on.
    if {feedback.levels[0], feedback.uncounted} <= {Level.LINE, Level.FULL} and not hidden:
        settings["seed"] = assignment["seed"]
    rubric: Raw = assignment["rubric"]
    if not any(rubric.get(name) for name in hidden):
        settings["rubric"] = {name: marks for name, marks in rubric.items() if name not in hidden}
    settings["feedback"] = {"levels": list(feedback.levels), "uncounted": feedback.uncounted}
    return settings


def policy(assignment: Raw) -> Feedback:
    """Return the feedback settings of a stored assignment."""
    raw = assignment["feedback"]
    try:
        return read(Feedback, raw, strict=True)
    except MadeByNewerVersion:
        # A newer version may hide what this one would show.
        return Feedback.always(Level.SCORE, tuple(raw.get("hidden", ())))


def _full(verdict: Verdict, hidden: tuple[str, ...]) -> Verdict:
    """Return the verdict without what is for staff, its hidden properties and what follows from them."""
    if not hidden:
        return replace(verdict, flags=(), explained_by=(), fingerprint="")
    rows = tuple(
        replace(row, message="", names=()) if _speaks_of(hidden, row) else row for row in _rows(verdict, hidden)
    )
    return replace(
        verdict,
        level=Level.FULL,
        properties=rows,
        counterexample=_example(verdict, rows),
        diagnosis=tuple(
            explanation for explanation in _diagnosis(verdict, hidden) if not _speaks_of(hidden, explanation)
        ),
        first_difference=None if _explains_hidden(verdict, hidden) else verdict.first_difference,
        repair=_repair(verdict, hidden),
        notebook_check=_check(verdict, hidden),
        remarks=_remarks(verdict, hidden),
        statistics=replace(verdict.statistics, seed=0),
        flags=(),
        explained_by=(),
        fingerprint="",
    )


def _withhold(verdict: Verdict, withholds: Callable[[Collection[str]], bool]) -> Verdict:
    """Return the verdict without the changes of the lines that cost such rows."""
    repair = tuple(_leave_kinds(part) if withholds(part.rows) else part for part in verdict.repair)
    return verdict if repair == verdict.repair else replace(verdict, repair=repair, level=Level.LINE)


def _leave_kinds(statement: MendedStatement) -> MendedStatement:
    """Return the statement with the kinds of its slips, and without the texts that stand there or must."""
    return replace(statement, slips=tuple(dict.fromkeys(Slip(slip.kind) for slip in statement.slips if slip.kind)))


def _count_lost(rows: Collection[str], lost: Sequence[Collection[str]]) -> int:
    """Return how many earlier attempts lost one of these rows; without rows, how many lost any."""
    return sum(any(row in attempt for row in rows) if rows else bool(attempt) for attempt in lost)


def _totals(verdict: Verdict, level: Level) -> Verdict:
    """Return what is shown at every level, with the reason of a refusal: it came before any case was run."""
    return Verdict(
        verdict.submission,
        verdict.assignment,
        verdict.outcome,
        verdict.score,
        verdict.max_score,
        error=verdict.error if verdict.outcome is Outcome.REJECTED else None,
        # Seconds too: how long it takes is something that a student's code can say.
        statistics=Statistics(seconds=0),
        level=level,
    )


def _rows(verdict: Verdict, hidden: tuple[str, ...]) -> list[Property]:
    """Return the rows that are not hidden, without marks if these would give away the marks of hidden rows."""
    shown = [row for row in verdict.properties if row.name not in hidden]
    telling = any(row.max_score for row in verdict.properties if row.name in hidden)
    return [replace(row, score=0, max_score=0) for row in shown] if telling else shown


def _open_message(row: Property, hidden: tuple[str, ...]) -> str:
    """Return a row's message if it says nothing of the submission's numbers, nor of a hidden row."""
    return row.message if row.message in OPEN_MESSAGES and not _speaks_of(hidden, row) else ""


def _speaks_of(hidden: tuple[str, ...], part: Property | Diagnosis) -> bool:
    """Return True if this row or explanation names a hidden property."""
    return not set(hidden).isdisjoint(part.names)


def _explains_hidden(verdict: Verdict, hidden: tuple[str, ...]) -> bool:
    """Return True if the diagnosis would explain why a hidden property does not hold."""
    return any(
        row.name in hidden and row.name != _JUDGE and row.outcome is not Mark.PASSED for row in verdict.properties
    )


def _diagnosis(verdict: Verdict, hidden: tuple[str, ...]) -> tuple[Diagnosis, ...]:
    return () if _explains_hidden(verdict, hidden) else verdict.diagnosis


def _hints(verdict: Verdict, hidden: tuple[str, ...]) -> Iterator[Diagnosis]:
    """Yield each explanation with its hint alone: its id and title name the mistake, as the strong hint does."""
    for explanation in _diagnosis(verdict, hidden):
        if not _speaks_of(hidden, explanation):
            yield Diagnosis(id="", title="", hint=explanation.hint, strong_hint="", read="", names=())


def _repair(verdict: Verdict, hidden: tuple[str, ...]) -> tuple[MendedStatement, ...]:
    """Return the statements to mend that cost no hidden row.

    A wrong number, or a line of which it is not known what it costs, may be why a hidden row does not hold.
    """
    shown = tuple(statement for statement in verdict.repair if set(hidden).isdisjoint(statement.rows))
    if not _explains_hidden(verdict, hidden):
        return shown
    return tuple(replace(statement, wrong=None) for statement in shown if statement.rows)


def _repair_hints(verdict: Verdict, hidden: tuple[str, ...]) -> tuple[MendedStatement, ...]:
    """Return the rows that statements cost, with the author's texts and the kind of slip that ours ask about.

    How many statements there are, and where, is not shown.
    """
    kinds_by_rows: dict[MendedStatement, dict[SlipKind | None, None]] = {}
    for statement in _repair(verdict, hidden):
        shown = MendedStatement(None, statement.rows, statement.titles, (), "", statement.read, statement.hint)
        kinds_by_rows.setdefault(shown, {}).update((slip.kind, None) for slip in statement.known_slips)
    order = {kind: place for place, kind in enumerate(SlipKind)}
    # Their order and their number would be the submission's to choose.
    return tuple(
        replace(shown, slips=tuple(map(Slip, sorted(filter(None, kinds), key=order.__getitem__)[:_MOST_KINDS])))
        for shown, kinds in kinds_by_rows.items()
    )


def _check(verdict: Verdict, hidden: tuple[str, ...]) -> NotebookCheck | None:
    """Return the notebook's own check, unless it says why a hidden row does not hold."""
    return None if _explains_hidden(verdict, hidden) else verdict.notebook_check


def _remarks(verdict: Verdict, hidden: tuple[str, ...]) -> tuple[Remark, ...]:
    """Return the remarks; they speak of all rows, so that none is shown where one is hidden."""
    return () if hidden else verdict.remarks


def _check_hints(verdict: Verdict, hidden: tuple[str, ...]) -> NotebookCheck | None:
    """Return the notebook's own check without what the student's code can choose."""
    check = _check(verdict, hidden)
    if check is None:
        return None
    return replace(check, wrong=None, form="", lines=tuple(filter(_is_plausible, check.lines)))


def _example(verdict: Verdict, rows: tuple[Property, ...]) -> CaseCounterexample | None:
    """Return the verdict's counterexample, or the first of a visible row if it belongs to a hidden one."""
    example = verdict.counterexample
    examples = [row.counterexample for row in rows if row.counterexample is not None]
    all_of_them = [row.counterexample for row in verdict.properties]
    if example in examples or example not in all_of_them:
        return example
    return examples[0] if examples else None


def _error(verdict: Verdict) -> StudentError | None:
    """Return an exception's kind and place, or for the end of a process a text that its code cannot choose."""
    error, outcome = verdict.error, verdict.outcome
    if error is None or outcome is Outcome.REJECTED:
        return error
    if outcome in _ENDED:
        # The exit status of a crash is the student's to choose.
        known = "" if outcome is Outcome.CRASHED else error.ending
        return StudentError(error.type, known or _ENDED[outcome])
    kind = error.type if _is_builtin_exception(error.type) else "Exception"
    message = IMPORTS if kind == ModuleNotFoundError.__name__ else WITHHELD
    mistake = _hint_mistake(verdict)
    # Their order is the traceback's: the last one is where it raised.
    for place in [place for place in error.frames if _is_plausible(place)][-1:]:
        return StudentError(kind, message, f"  {place.where}\n{kind}: {message}", (place,), mistake=mistake)
    return StudentError(kind, message, mistake=mistake)


def _hint_mistake(verdict: Verdict) -> PythonMistake | None:
    """Return the sort of a mistake and its line: names, sizes and numbers are the student's code's to choose.

    A line that raised and need not be changed is none, where it is known which ones must be.
    """
    error = verdict.error
    mistake = None if error is None else error.mistake
    if error is None or mistake is None or not mistake.hint or not _is_plausible(mistake.line):
        return None
    if mistake.line not in error.frames:
        # Another number of a line would be the submission's to choose.
        return None
    if verdict.repair and not any(mistake.line in statement.lines for statement in verdict.repair):
        return None
    return PythonMistake(mistake.kind, mistake.line, mistake.hint)


def _is_plausible(place: SourceLine) -> bool:
    return (place.cell or 0) <= _MOST_CELLS and place.line <= _MOST_LINES


def _is_builtin_exception(name: str) -> bool:
    """Return True if Python itself has an exception of that name; a student chooses all other names."""
    exception = getattr(builtins, name, None)
    return isinstance(exception, type) and issubclass(exception, BaseException)
