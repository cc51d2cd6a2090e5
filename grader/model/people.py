"""The people of a course."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit

#: Characters of a name or an id.
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A student of a course."""

    student: str
    name: Annotated[str, Doc("The name as staff know it. Optional.", longest=LONGEST_NAME)] = ""
    lms_id: Annotated[
        str,
        Doc(
            "The id by which the LMS's exported files know the student. Optional.",
            longest=LONGEST_NAME,
            label="LMS id",
        ),
    ] = ""
    section: Annotated[
        str | None,
        Doc(
            "The section of the course.",
            none="the student is in no section; a roster without sections keeps the old one",
            longest=LONGEST_NAME,
        ),
    ] = None
    source: Annotated[str, Doc("The origin of the entry: csv, lti, staff or api.")] = "staff"
    left: Annotated[
        float | None,
        Doc(
            "When a new roster no longer had the student.",
            none="the student is in the course",
            unit=Unit.TIME,
            json="left_at",
        ),
    ] = None
    recorded: Annotated[
        float, Doc("When the latest roster with the student was recorded.", unit=Unit.TIME, json="recorded_at")
    ] = 0.0


def sections(entries: Iterable[RosterEntry]) -> list[str]:
    """Return the sections that entries name, by name."""
    return sorted({entry.section for entry in entries if entry.section})


@dataclass(frozen=True, slots=True)
class RosterChange:
    """The number of students whom a roster changed."""

    added: Annotated[int, Doc("Students who are new or back.")]
    changed: Annotated[int, Doc("Students whose entry changed.")]
    left: Annotated[int, Doc("Students missing from the roster. They are marked as having left, and lose nothing.")]
