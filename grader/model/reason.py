"""Why a row of a wrong submission is lost or kept, and how the lines to change were found: for staff alone."""

from dataclasses import dataclass, field
from enum import StrEnum

from backmark.grader.model.descriptions import describe
from backmark.grader.model.source_line import SourceLine


class Explainer(StrEnum):
    """The part of the judge that decides about a row, or that a line must change."""

    #: Its values are not the solution's; with these in its place the submission is right.
    VALUE = "value"
    #: So it is with a small change of the line itself.
    EDIT = "edit"
    #: The line is the template's own, or lacks what the template leaves to be filled in.
    TEMPLATE = "template"
    #: A line for the row is right, and the submission is wrong without it; or none is.
    USED = "used"
    UNUSED = "unused"
    #: The row holds if enough of the other rows do.
    OTHER_ROWS = "other_rows"
    #: A known mistake explains all wrong numbers; so does a claim about the numbers alone.
    MISTAKE = "mistake"
    NUMBERS = "numbers"
    #: Only axes of length 1, or a few cases without an answer, are wrong.
    SLIGHT = "slight"
    #: The submission is right by another convention, which costs some rows.
    CONVENTION = "convention"
    #: The row's own numbers are right in every case, or wrong in some, and nothing else is known.
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Reason:
    """The explainer that decided about rows, or found a line that must change."""

    explainer: Explainer
    rows: tuple[str, ...] = field(
        default=(), metadata=describe("The names of the rows; none if a line costs no row that is known.")
    )
    lines: tuple[SourceLine, ...] = field(
        default=(), metadata=describe("The lines that must change, or those that are right and used.")
    )
    mistake: str = field(default="", metadata=describe("The id of the known mistake, or of the claim about numbers."))
