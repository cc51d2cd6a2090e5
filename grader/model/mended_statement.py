"""The statements of a submission that must be mended, as a verdict names them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from backmark.grader.model.descriptions import describe
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine


class MendingKind(StrEnum):
    """The change that a statement of a submission needs. `edit`: a single mistake in it.

    `insert`: it is missing.
    """

    REPLACE = "replace"
    EDIT = "edit"
    INSERT = "insert"


#: The largest wrong number that a reader compares with the right one.
LARGEST_COMPARED = 1e6


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """A wrong number of a result; that of a statement would be right if this one and all others were changed."""

    result: str
    index: list[int]
    expected: float | None
    actual: float | None = field(metadata=describe("Null if the submission returned none, or one that is not finite."))
    case: dict[str, Any] = field(metadata=describe("The features that distinguish the case from others."))


@dataclass(frozen=True, slots=True)
class MendedStatement:
    """A statement that must change: with all of these changed, the submission is right on every case."""

    kind: MendingKind | None = field(metadata=describe("Null below the level line."))
    #: The rows that it costs.
    rows: tuple[str, ...]
    titles: tuple[str, ...]
    lines: tuple[SourceLine, ...] = field(
        metadata=describe("The statement's lines; empty if it is missing, and below the level line.")
    )
    source: str = field(metadata=describe("The text of these lines; empty below the level line."))
    read: str
    hint: str
    wrong: WrongNumber | None = field(
        default=None,
        metadata=describe("The first wrong number that the statement causes; null if none shows it, or below line."),
    )
    slips: tuple[Slip, ...] = field(
        default=(),
        metadata=describe(
            "The mistakes in the statement, if they are known: one or two changes of its expression that make it right,"
            " or what stands in its place."
        ),
    )

    @property
    def known_slips(self) -> tuple[Slip, ...]:
        """The slips in it, as far as they are known: also that it is missing, or stands in a wrong place."""
        return self.slips or ((Slip(SlipKind.MISSING),) if self.kind is MendingKind.INSERT else ())
