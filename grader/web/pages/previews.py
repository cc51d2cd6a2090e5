"""A revision for staff: the known mistakes that it catches, and figures of its cases."""

import json
from dataclasses import dataclass

from backmark.grader.model.publications import CaughtMistake, RevisionRecord
from backmark.grader.reports.plaintext import upper_first
from backmark.grader.web.pages import case_figures
from backmark.grader.web.pages.case_figures import CaseFigures


@dataclass(frozen=True, slots=True)
class ProvenRow:
    """A statement of a solution that counts for rows: how many of its single edits the cases catch, and one alone."""

    place: str
    rows: str
    edits: int
    caught: int
    narrow: int


def preview(revision: RevisionRecord) -> CaseFigures | None:
    """Return a revision's figures; None if it was published without these."""
    if not revision.preview:
        return None
    return case_figures.read(json.loads(revision.preview))


def catches(revision: RevisionRecord) -> tuple[CaughtMistake, ...]:
    """Return the known mistakes that a revision catches, those that the fewest cases catch first."""
    mistakes = json.loads(revision.preview or "{}").get("mistakes", ())
    read = (CaughtMistake(mistake["id"], upper_first(mistake["title"]), mistake["networks"]) for mistake in mistakes)
    return tuple(sorted(read, key=lambda catch: catch.networks))


def statements(revision: RevisionRecord) -> list[ProvenRow]:
    """Return the statements of solutions that count for rows; none if a revision has no such rows."""
    stored = json.loads(revision.preview or "{}").get("statements", ())
    return [
        ProvenRow(
            f"{statement['file']}, line {statement['line']}",
            ", ".join(statement["rows"]),
            statement["edits"],
            statement["caught"],
            len(statement["caught_by_one"]),
        )
        for statement in stored
    ]
