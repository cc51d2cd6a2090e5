"""A verdict as its page shows it: one sentence first, then everything that helps to mend it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.model.records import Revision, Submission
from grader.model.stored import settings
from grader.model.verdict import NETWORKS
from grader.model.words import predicate
from grader.web.pages.comparing import Array
from grader.web.pages.kinds import Shown, Words, shown, words

Raw = Mapping[str, Any]

#: The sentence of each outcome, where nothing better can be said (empty: its kind's own), and its colour.
_SENTENCES = {
    "passed": ("", "good"),
    "failed": ("", "bad"),
    "error": ("Your code raises an exception.", "bad"),
    "timeout": ("Your code takes too long.", "bad"),
    "memory": ("Your code needs too much memory.", "bad"),
    "output_limit": ("Your code prints too much.", "bad"),
    "crashed": ("Your code's process died without an answer.", "bad"),
    "rejected": ("This could not be graded.", "warn"),
}

#: What an outcome is called in one or two words: in badges and lists.
NAMES = {
    "passed": "passed",
    "failed": "not right yet",
    "error": "raises an exception",
    "timeout": "takes too long",
    "memory": "needs too much memory",
    "output_limit": "prints too much",
    "crashed": "crashed",
    "rejected": "not graded",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the rubric; `says` is empty where the row before says the same."""

    title: str
    outcome: str
    score: int
    max_score: int
    says: str


@dataclass(frozen=True, slots=True)
class Example:
    """The counterexample."""

    #: Whether it answered there, and was wrong.
    wrong: bool
    #: Its arrays, its picture if its kind has one, and what is said of them.
    shown: Shown
    #: What it did instead of returning arrays.
    instead: str | None
    script: str

    @property
    def off(self) -> list[Array]:
        """The arrays with wrong entries."""
        return [each for each in self.shown.arrays if each.wrong]

    @property
    def fine(self) -> list[Array]:
        """The arrays that are right."""
        return [each for each in self.shown.arrays if not each.wrong]


@dataclass(frozen=True, slots=True)
class View:
    """What the template draws; `raw` is the verdict that it was made from."""

    tone: str
    sentence: str
    #: What follows the sentence at once.
    more: str
    rows: tuple[Row, ...]
    example: Example | None
    words: Words
    raw: Raw

    @property
    def hints(self) -> list[Raw]:
        """What explains it, the best first."""
        return list(self.raw["diagnosis"])


def viewed(verdict: Raw, revision: Revision | None) -> View:
    """The view of a verdict, of which only that is there which its reader may see; `revision` is what it is about."""
    assignment: Raw = {} if revision is None else settings(revision.assignment)
    known = words(verdict["assignment"].get("kind", NETWORKS))
    sentence, more = _said(verdict, known)
    return View(
        tone=_SENTENCES[verdict["outcome"]][1],
        sentence=sentence,
        more=more,
        rows=tuple(_rows(verdict)),
        example=_example(verdict, assignment.get("formulas", {})),
        words=known,
        raw=verdict,
    )


def tone(found: Submission) -> str:
    """The colour of a submission in lists."""
    return outcome_tone(found.outcome or "")


def outcome_tone(outcome: str) -> str:
    """The colour of an outcome."""
    return _SENTENCES[outcome][1] if outcome in _SENTENCES else ""


def _said(verdict: Raw, known: Words) -> tuple[str, str]:
    """The one sentence, and what follows it."""
    sentence = _SENTENCES[verdict["outcome"]][0] or (known.passed if verdict["outcome"] == "passed" else known.failed)
    error, first = verdict["error"], verdict.get("first_difference")
    if verdict["outcome"] == "passed":
        return sentence, ""
    named = _named(verdict["diagnosis"])
    if named:
        return named, first["message"] if first else ""
    if verdict["outcome"] == "error" and error:
        return f"Your code raises {error['type']}.", ""
    if error and not error["traceback"] and verdict["outcome"] != "failed":
        return sentence, error["message"]
    if first and first.get("lists"):
        go = "is the first to go" if len(first["lists"]) == 1 else "are the first to go"
        return f"{first['variable']} {go} wrong, counted from the output.", first["message"]
    return sentence, first["message"] if first else ""


def _named(diagnosis: list[Raw]) -> str:
    """The mistake, or both where two fit equally well; empty where none is named."""
    if not diagnosis or not diagnosis[0]["title"]:
        return ""
    best, *others = diagnosis
    if not best.get("mistakes"):
        # A verdict of an earlier version says it in a sentence.
        return str(best["title"])
    named = f"Your code {_does(best)}"
    if not best.get("apart"):
        return f"{named}."
    if len(others) == 1 and others[0].get("mistakes"):
        return f"{named}, or it {_does(others[0])}."
    return f"{named}, or something that looks the same."


def _does(diagnosis: Raw) -> str:
    return predicate(each["title"] for each in diagnosis["mistakes"])


def _rows(verdict: Raw) -> Iterator[Row]:
    if verdict["outcome"] == "rejected":
        # All of it would only say that nothing was judged.
        return
    said = ""
    for row in verdict["properties"]:
        says = row["message"] if row["message"] != said else ""
        said = row["message"]
        yield Row(row["title"], row["outcome"], row["score"], row["max_score"], says)


def _example(verdict: Raw, formulas: Raw) -> Example | None:
    raw = verdict["counterexample"]
    if raw is None:
        return None
    return Example(
        wrong=verdict["outcome"] in {"failed", "error", "passed"},
        shown=shown(raw, formulas),
        instead=raw["instead"],
        script=raw["script"],
    )
