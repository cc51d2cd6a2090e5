"""The marks of an assignment as a table for spreadsheets: a student is a row."""

from dataclasses import dataclass
from datetime import UTC, datetime

from backmark.grader.model.marks import Marking, StudentMark
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Extension
from backmark.grader.reports.spreadsheets import Cell

#: The column names of `cells`. Marks are in per cent of the maximum.
HEADER = (
    *("student", "name", "lms_id", "left_course", "mark", "computed", "before_lateness", "best"),
    *("late_seconds", "late_days", "taken_off", "attempts", "attempts_left", "waiting", "last_attempt"),
    *("override", "override_author", "override_reason", "override_differs"),
    *("extended_due", "extended_close", "extended_attempts", "mistakes", "submission", "refused_files", "section"),
    "override_kind",
)


@dataclass(frozen=True, slots=True)
class MarkedStudent:
    """A student with a mark, or without one yet, and what else staff want to see beside it."""

    marking: Marking
    #: None: the roster does not have the student.
    entry: RosterEntry | None
    extension: Extension | None
    #: The number of files that were refused before they ran; none of them is an attempt.
    refused: int = 0

    @property
    def verified(self) -> bool:
        """False if anybody may have typed the name, on a link for the whole class."""
        return "!" not in self.marking.student

    def mark(self) -> StudentMark:
        """Return it as one record."""
        return StudentMark.of(self.marking, self.entry, self.extension, self.refused)


def cells(row: MarkedStudent) -> list[Cell]:
    """Return a row of the table."""
    marking, entry, extension, override = row.marking, row.entry, row.extension, row.marking.override
    return [
        marking.student,
        *((entry.name, entry.lms_id, iso(entry.left)) if entry else (None,) * 3),
        *map(percent, (marking.share, marking.computed, marking.raw, marking.best)),
        *(_digits(marking.lateness, 3), marking.days, percent(marking.penalty), marking.attempts, marking.left),
        *("yes" if marking.pending else "", iso(marking.last)),
        *((percent(override.share), override.author, override.reason) if override else (None,) * 3),
        "yes" if marking.differs else "",
        *((iso(extension.due), iso(extension.closes), extension.attempts) if extension else (None,) * 3),
        *(" ".join(marking.mistakes), marking.submission, row.refused, entry.section if entry else None),
        override.kind if override else None,
    ]


def percent(share: float | None) -> str | None:
    """Return a share in per cent, with at most two digits after the point."""
    return None if share is None else _digits(100 * share, 2)


def _digits(value: float, most: int) -> str:
    return f"{value:.{most}f}".rstrip("0").rstrip(".")


def iso(seconds: float | None) -> str | None:
    """Return a time as a table has it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
