"""The tables of worked cases in docs/marks.md, read as they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.courses.attempts import attempt_of
from grader.courses.times import read_time
from grader.model.courses import Attempt, Counts, Extension, Outage, Override, Policy
from grader.model.records import State, SubmissionRecord
from grader.model.verdict import Outcome

PAGE = Path(__file__).parents[2] / "docs/marks.md"
STUDENT = "ada"
#: An empty cell.
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class StudentRules:
    """The cell of what is set for the student alone, and the outages."""

    extension: Extension | None = None
    outages: tuple[Outage, ...] = ()
    override: Override | None = None


def rows(header: str) -> list[list[str]]:
    """The cells of each row of the table that begins with this header."""
    table = PAGE.read_text(encoding="utf-8").partition(f"| {header} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def moment(text: str) -> float:
    """A time such as `5 Mar 18:00` or `27 Mar 18:00 Europe/Zurich`."""
    day, month, clock, *zone = text.split()
    local = datetime.strptime(f"2027 {day} {month} {clock}", "%Y %d %b %H:%M")  # noqa: DTZ007 - its zone follows
    return read_time(local.isoformat(), *(zone or ["UTC"]))


def policy(cell: str) -> Policy:
    """A policy, by its keys."""
    made = Policy()
    for key, value in _pairs(cell):
        match key:
            case "opens":
                made = replace(made, opens=moment(value))
            case "due":
                made = replace(made, due=moment(value))
            case "closes":
                made = replace(made, closes=moment(value))
            case "grace":
                made = replace(made, grace=60 * float(value.removesuffix(" min")))
            case "late":
                made = replace(made, late=float(value))
            case "floor":
                made = replace(made, floor=float(value))
            case "attempts":
                made = replace(made, attempts=int(value))
            case _:
                made = replace(made, counts=Counts(key))
    return made


def student_rules(cell: str) -> StudentRules:
    """An extension, outages and an override."""
    times: dict[str, float] = {}
    attempts: int | None = None
    rules = StudentRules()
    for key, value in _pairs(cell):
        match key:
            case "due" | "closes":
                times[key] = moment(value)
            case "attempts":
                attempts = int(value)
            case "outage":
                start, end = map(moment, value.split(" to "))
                rules = replace(rules, outages=(*rules.outages, Outage(start, end, "staff", "a disk was full", end)))
            case "override":
                rules = replace(rules, override=Override(STUDENT, float(value) / 100, "staff", "spoken with", 0))
    if times or attempts is not None:
        given = Extension(STUDENT, times.get("due"), times.get("closes"), attempts, "staff", "ill", 0)
        rules = replace(rules, extension=given)
    return rules


def attempts(cell: str) -> list[Attempt]:
    """The attempts among submissions, each with its time, and its mark or how it ended."""
    records = (_submission(number, *entry.rsplit(": ", 1)) for number, entry in enumerate(_entries(cell)))
    return [attempt for attempt in map(attempt_of, records) if attempt is not None]


def _submission(number: int, created: str, end: str) -> SubmissionRecord:
    state, outcome, score, most = State.DONE, None, None, None
    if points := re.fullmatch(r"(\d+)(?:/(\d+))?", end):
        outcome, score, most = Outcome.FAILED, int(points[1]), int(points[2] or 100)
    elif end == Outcome.REJECTED:
        outcome, score, most = Outcome.REJECTED, 0, 100
    else:
        state = State.QUEUED if end == "waits" else State(end)
    return SubmissionRecord(
        *(f"s{number}", "course", "assignment", "r", STUDENT, number + 1, "a.py", "", 1, state, moment(created)),
        outcome=outcome,
        score=score,
        max_score=most,
    )


def _pairs(cell: str) -> Iterator[tuple[str, str]]:
    for entry in _entries(cell):
        key, _, value = entry.partition(" ")
        yield key, value


def _entries(cell: str) -> list[str]:
    return [] if cell == NOTHING else cell.split("; ")
