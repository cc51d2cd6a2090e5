"""The tables of worked cases in docs/how-we-know/marks.md, read as they stand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from backmark.grader.courses.extending import extend_section
from backmark.grader.courses.times import read_time
from backmark.grader.model.marks import Attempt
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Counts, Extension, Outage, Override, OverrideKind, Policy, Terms

PAGE = Path(__file__).parents[2] / "docs/how-we-know/marks.md"
STUDENT = "ada"
#: An empty cell.
NOTHING = "\N{EN DASH}"


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
    parsed_policy = Policy()
    for key, value in _pairs(cell):
        match key:
            case "opens":
                parsed_policy = replace(parsed_policy, opens=moment(value))
            case "due":
                parsed_policy = replace(parsed_policy, due=moment(value))
            case "held_back":
                parsed_policy = replace(parsed_policy, held_back=True)
            case "closes":
                parsed_policy = replace(parsed_policy, closes=moment(value))
            case "grace":
                parsed_policy = replace(parsed_policy, grace=60 * float(value.removesuffix(" min")))
            case "late":
                parsed_policy = replace(parsed_policy, late=float(value))
            case "floor":
                parsed_policy = replace(parsed_policy, floor=float(value))
            case "attempts":
                parsed_policy = replace(parsed_policy, attempts=int(value))
            case _:
                parsed_policy = replace(parsed_policy, counts=Counts(key))
    return parsed_policy


def terms(rules: str, student: str) -> Terms:
    """A policy with a student's extension and override, and the outages."""
    times: dict[str, float] = {}
    attempts: int | None = None
    parsed_terms = Terms(policy(rules))
    for key, value in _pairs(student):
        match key:
            case "due" | "closes":
                times[key] = moment(value)
            case "attempts":
                attempts = int(value)
            case "outage":
                start, end = map(moment, value.split(" to "))
                parsed_terms = replace(
                    parsed_terms, outages=(*parsed_terms.outages, Outage(start, end, "staff", "a disk was full"))
                )
            case "override":
                kind = OverrideKind.AT_LEAST if value.startswith("at least ") else OverrideKind.FIXED
                share = float(value.removeprefix("at least ")) / 100
                override = Override(STUDENT, share, "staff", "spoken with", kind=kind)
                parsed_terms = replace(parsed_terms, override=override)
    if times or attempts is not None:
        extension = Extension(STUDENT, times.get("due"), times.get("closes"), attempts, "staff", "ill")
        parsed_terms = replace(parsed_terms, extension=extension)
    return parsed_terms


#: The course of the table of extensions for many.
CLASS = (
    RosterEntry("ada", section="A"),
    RosterEntry("bo", section="B"),
    RosterEntry("eve", section="A"),
    RosterEntry("joe"),
    RosterEntry("kay", section="A", left=1.0),
)


def worked_extensions(cell: str) -> list[Extension]:
    """The extensions for a section, or of each row of a table."""
    to, _, rest = cell.partition(": ")
    if to == "table":
        return [_extension(name, limits) for name, _, limits in (each.partition(" ") for each in _entries(rest))]
    return extend_section(CLASS, to.removeprefix("section "), _extension("", rest))


def _extension(student: str, cell: str) -> Extension:
    given = dict(_pairs(cell)) if cell else {}
    due, attempts = given.get("due"), given.get("attempts")
    return Extension(student, moment(due) if due else None, None, int(attempts) if attempts else None, "staff", "ill")


def attempts(cell: str) -> list[Attempt]:
    """The attempts among submissions, each with its time, and its mark or how it ended."""
    ends = [entry.rsplit(": ", 1) for entry in _entries(cell)]
    return [
        Attempt(f"s{number}", moment(created_at), None if end == "waits" else share(end))
        for number, (created_at, end) in enumerate(ends)
        if _counts(end)
    ]


def share(mark: str) -> float:
    """A mark in per cent, or of a maximum."""
    score, _, maximum = mark.partition("/")
    return int(score) / int(maximum or 100)


def _counts(end: str) -> bool:
    # As tests/store/test_courses.py shows that the store leaves them out.
    return end not in {"rejected", "superseded", "cancelled", "service_failed"}


def _pairs(cell: str) -> Iterator[tuple[str, str]]:
    for entry in _entries(cell):
        key, _, value = entry.partition(" ")
        yield key, value


def _entries(cell: str) -> list[str]:
    return [] if cell == NOTHING else cell.split("; ")
