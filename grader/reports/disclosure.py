"""What a student is shown of a verdict: the one place that knows what a level of feedback hides.

At `score` and `hint` a verdict is put together anew from what may be shown, so what is added to verdicts one day is
hidden until it is added here. A student's code knows the networks' numbers and can say them in whatever text of it
comes back: what it printed, its exceptions' messages, the names of its exceptions and functions. None of these is
shown below `full`.
"""

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from grader.errors import MadeByNewerVersion
from grader.model.assignment import Feedback, Level
from grader.model.stored import read
from grader.model.verdict import Mark, Outcome, SourceLine, StudentError

Raw = Mapping[str, Any]

#: In place of what an exception said.
WITHHELD = "its message is not shown"

#: What helps if a module is missing. It is a sentence of our own, whatever the exception said.
IMPORTS = (
    "Only NumPy and Python's standard library can be imported here; what stands in another file of yours must be pasted"
    " into this one."
)

#: The judge of *passed*: hidden or not, the outcome says whether it holds.
_JUDGE = "finite_differences"

#: Larger numbers are nobody's cells and lines, but somebody's message.
_MOST_CELLS, _MOST_LINES = 9_999, 99_999

#: How a process ended, where the verdict does not say it by itself or what it says is the student's word.
_ENDED = {
    Outcome.TIMEOUT: "It ran for too long.",
    Outcome.MEMORY: "It asked for too much memory.",
    Outcome.OUTPUT_LIMIT: "It printed too much.",
    Outcome.CRASHED: "Its process ended without an answer.",
}

#: Settings of an assignment that students may always read. What is added one day is hidden until it is added here.
_ANNOUNCED = (
    *("id", "title", "kind", "function", "formulas", "ranges", "home", "networks", "home_networks", "rtol", "limits"),
    "templates",
)


def disclosed(verdict: Raw, feedback: Feedback, attempt: int) -> dict[str, Any]:
    """The result object as a student sees it who made so many attempts; `level` is there where that is not all."""
    level = feedback.at(attempt)
    if level is Level.FULL:
        return _full(verdict, feedback.hidden)
    shown = _totals(verdict) | {"level": level.value}
    if level is Level.HINT:
        shown["properties"] = [
            row | {"networks": 0, "message": "", "counterexample": None, "names": []}
            for row in _rows(verdict, feedback.hidden)
        ]
        shown["diagnosis"] = list(_hints(verdict, feedback, attempt))
        shown["error"] = _error(verdict, feedback.hidden)
    return shown


def announced(assignment: Raw) -> dict[str, Any]:
    """An assignment's settings as a student may read them.

    With the seed the networks can be drawn again, and with the rubric the marks of hidden properties be told from the
    total.
    """
    feedback = policy(assignment)
    hidden = set(feedback.hidden)
    shown = {key: assignment[key] for key in _ANNOUNCED if key in assignment}
    if feedback.level is Level.FULL and not hidden:
        shown["seed"] = assignment["seed"]
    rubric: Raw = assignment["rubric"]
    if not any(rubric.get(name) for name in hidden):
        shown["rubric"] = {name: marks for name, marks in rubric.items() if name not in hidden}
    shown["feedback"] = {
        "level": feedback.level.value,
        "strong_hint_after": feedback.strong_hint_after,
        "full_after": feedback.full_after,
    }
    return shown


def policy(assignment: Raw) -> Feedback:
    """What an assignment, as `grader.model.stored.assignment_to_json` wrote it, says of feedback."""
    raw: Raw = assignment.get("feedback", {})
    try:
        return read(Feedback, raw, strict=True)
    except MadeByNewerVersion:
        # A newer version may hide what this one would show.
        return Feedback(Level.SCORE, hidden=tuple(raw.get("hidden", ())))


def _full(verdict: Raw, hidden: tuple[str, ...]) -> dict[str, Any]:
    """All but flags, and but hidden properties with what follows from them."""
    if not hidden:
        return dict(verdict) | {"flags": []}
    rows = [row | ({"message": "", "names": []} if _speaks_of(hidden, row) else {}) for row in _rows(verdict, hidden)]
    return dict(verdict) | {
        "level": Level.FULL.value,
        "properties": rows,
        "counterexample": _example(verdict, rows),
        "diagnosis": [each for each in _diagnosis(verdict, hidden) if not _speaks_of(hidden, each)],
        "first_difference": None if _concerned(verdict, hidden) else verdict.get("first_difference"),
        "error": None if _only_elsewhere(verdict, hidden) else verdict["error"],
        "statistics": verdict["statistics"] | {"seed": 0},
        "flags": [],
    }


def _totals(verdict: Raw) -> dict[str, Any]:
    """What is shown at every level; a refusal came before any network, and without its reason nobody can mend it."""
    return {
        **{key: verdict[key] for key in ("schema", "submission", "assignment", "outcome", "score", "max_score")},
        "properties": [],
        "counterexample": None,
        "diagnosis": [],
        "first_difference": None,
        "error": verdict["error"] if verdict["outcome"] == Outcome.REJECTED else None,
        # Seconds too: how long it takes is something that a student's code can say.
        "statistics": dict.fromkeys(verdict["statistics"], 0),
        "flags": [],
        "output": "",
    }


def _rows(verdict: Raw, hidden: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows that are not hidden, without marks where these would tell the hidden ones' from the total."""
    telling = any(row["max_score"] for row in verdict["properties"] if row["name"] in hidden)
    marks = {"score": 0, "max_score": 0} if telling else {}
    return [dict(row) | marks for row in verdict["properties"] if row["name"] not in hidden]


def _speaks_of(hidden: tuple[str, ...], part: Raw) -> bool:
    """Whether a text of this row or diagnosis speaks of a hidden property; an earlier version's does not say."""
    names = part.get("names")
    return bool(hidden) and (names is None or not set(hidden).isdisjoint(names))


def _concerned(verdict: Raw, hidden: tuple[str, ...]) -> bool:
    """Whether what explains every answer explains why a hidden property does not hold."""
    return any(
        row["name"] in hidden and row["name"] != _JUDGE and row["outcome"] != Mark.PASSED
        for row in verdict["properties"]
    )


def _diagnosis(verdict: Raw, hidden: tuple[str, ...]) -> list[dict[str, Any]]:
    return [] if _concerned(verdict, hidden) else [dict(each) for each in verdict["diagnosis"]]


def _hints(verdict: Raw, feedback: Feedback, attempt: int) -> Iterator[dict[str, Any]]:
    """Each explanation's hint alone: its id and title name the mistake, and are the strong hint's."""
    weak: dict[str, Any] = dict.fromkeys(("id", "title", "strong_hint", "apart", "read"), "")
    weak |= {"mistakes": [], "names": []}
    hides = {} if feedback.strong(attempt) else weak
    for each in _diagnosis(verdict, feedback.hidden):
        if not _speaks_of(feedback.hidden, each):
            yield each | hides


def _example(verdict: Raw, rows: list[dict[str, Any]]) -> Any:
    """The counterexample of the whole, where it is not a hidden row's; else the first that is shown."""
    example = verdict["counterexample"]
    shown = [row["counterexample"] for row in rows if row["counterexample"] is not None]
    all_of_them = [row["counterexample"] for row in verdict["properties"]]
    if example in shown or example not in all_of_them:
        return example
    return shown[0] if shown else None


def _only_elsewhere(verdict: Raw, hidden: tuple[str, ...]) -> bool:
    """Whether it raised on other shapes than the notebook's only, which `any_shape` is about, and that is hidden."""
    return "any_shape" in hidden and verdict["outcome"] == Outcome.FAILED


def _error(verdict: Raw, hidden: tuple[str, ...]) -> dict[str, Any] | None:
    """Kind and place of an exception; of the end of a process, what the assignment's limits say."""
    error, outcome = verdict["error"], verdict["outcome"]
    if error is None or outcome == Outcome.REJECTED:
        return None if error is None else dict(error)
    if _only_elsewhere(verdict, hidden):
        return None
    if outcome in _ENDED:
        # The exit status of a crash is the student's to choose.
        known = "" if outcome == Outcome.CRASHED else error.get("ending")
        return _said(error["type"], known or _ENDED[outcome])
    kind = error["type"] if _builtin(error["type"]) else "Exception"
    message = IMPORTS if kind == ModuleNotFoundError.__name__ else WITHHELD
    places = [SourceLine(each["cell"], each["line"]) for each in error.get("frames", ())]
    # Their order is the traceback's: the last one is where it raised.
    for place in [each for each in places if _is_somebodys(each)][-1:]:
        where = f"line {place.line}" if place.cell is None else f"cell {place.cell}, line {place.line}"
        return _said(kind, message, f"  {where}\n{kind}: {message}", (place,))
    return _said(kind, message)


def _said(kind: str, message: str, traceback: str = "", frames: tuple[SourceLine, ...] = ()) -> dict[str, Any]:
    said = asdict(StudentError(kind, message, traceback, frames))
    return said | {"frames": list(said["frames"]), "lines": []}


def _is_somebodys(place: SourceLine) -> bool:
    return (place.cell or 0) <= _MOST_CELLS and place.line <= _MOST_LINES


def _builtin(name: str) -> bool:
    """Whether Python itself has an exception of that name: others may be called anything."""
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
