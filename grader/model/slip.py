"""Slips: what is wrong with a statement of a submission, as far as a change of a part of it shows that."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from backmark.grader.model.descriptions import describe


class SlipKind(StrEnum):
    """The kind of a mistake in a statement: what is wrong in it, or what stands in the place of the right one.

    `product` is `*` for `@` or the reverse, `operator` any other operation, `assignment` `=` for `+=` or the reverse.
    `unfilled` is a line of the template's own; a `placeholder` writes zeros, ones, random numbers or one number. A line
    that stands in the wrong place must stand `above` or `below` another one, `inside` or `outside` of a loop or a
    condition; one that is `extra` must go. `return` is what a function returns, or does not; `in_place` is a second
    name of an array, or a change of it, where a copy is missing.

    The words say it: of a class behind the title of a row, of a line whose change is not shown. The question
    leads there, and names no line and no formula.
    """

    INDEX = (
        "index",
        "wrong index",
        "Which entry does each index pick, on both sides of `=`, and which entry does the equation name?",
    )
    TRANSPOSE = (
        "transpose",
        "transpose missing or unneeded",
        "Write down the shape of each factor: is a transpose missing, misplaced, or one too many?",
    )
    OPERAND = (
        "operand",
        "wrong variable or function",
        "Is each variable, and each function, the one that the equation names?",
    )
    PRODUCT = (
        "product",
        "`*` and `@` confused",
        "Must this step be a matrix product (`np.matmul`, `@`) or a product entry by entry (`np.multiply`, `*`)?",
    )
    FACTOR = (
        "factor",
        "factor missing or unneeded",
        "Does this step have every factor that the chain rule gives, and no other factor?",
    )
    TERM = "term", "term missing or unneeded", "Does this step have every term of the derivative, and no other term?"
    DIVISOR = "divisor", "divisor missing or unneeded", "What must be divided by what?"
    ORDER = (
        "order",
        "wrong order",
        "In which order must the operands stand, or the values that are unpacked or returned?",
    )
    OPERATOR = "operator", "wrong operator", "Is each operator the right one: add, subtract, multiply, divide, power?"
    SIGN = "sign", "wrong sign", "Which sign must each term have?"
    CONSTANT = "constant", "wrong number or text", "Where does each number come from, and each text in quotation marks?"
    COMPARISON = (
        "comparison",
        "wrong comparison",
        "What must the comparison give on each side of the boundary, and exactly on it?",
    )
    AXIS = (
        "axis",
        "wrong axis or shape of a sum",
        "Over which axis must this step run, and which shape must its result have?",
    )
    MEAN = "mean", "sum and mean confused", "Must this step take a sum or a mean?"
    CALL = "call", "function missing or unneeded", "Is a function call missing here, or is there one too many?"
    ASSIGNMENT = "assignment", "`=` and `+=` confused", "Must this step set the variable, or add to it?"
    UNFILLED = "unfilled", "not filled in", "This step is not filled in yet. Which equation belongs here?"
    PLACEHOLDER = "placeholder", "not filled in", "This step is not filled in yet. Which equation belongs here?"
    MISSING = "missing", "line missing", "Which step of the equations is missing from your code?"
    CONDITION = "condition", "wrong condition", "For which layers or entries must this step run?"
    ABOVE = (
        "above",
        "line in the wrong place",
        "In which order must your lines run, and which of them run in every turn of the loop, or only under an `if`?",
    )
    BELOW = (
        "below",
        "line in the wrong place",
        "In which order must your lines run, and which of them run in every turn of the loop, or only under an `if`?",
    )
    INSIDE = (
        "inside",
        "line in the wrong place",
        "In which order must your lines run, and which of them run in every turn of the loop, or only under an `if`?",
    )
    OUTSIDE = (
        "outside",
        "line in the wrong place",
        "In which order must your lines run, and which of them run in every turn of the loop, or only under an `if`?",
    )
    EXTRA = "extra", "line too many", "Is there a line that does not belong here, such as one that is left over?"
    RETURN = (
        "return",
        "wrong `return`, or none",
        "What must this function return, and does it do so after its last step?",
    )
    IN_PLACE = (
        "in_place",
        "array changed in place",
        "Which other names does the array have that you change in place? Copy it first.",
    )

    words: str
    question: str

    def __new__(cls, value: str, words: str = "", question: str = "") -> Self:
        """Make a kind with its words and its question; one that is there is looked up by its value alone."""
        kind = str.__new__(cls, value)
        kind._value_, kind.words, kind.question = value, words, question
        return kind


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake in a part of a statement: what stands there, and what must stand there."""

    kind: SlipKind | None = None
    before: str = field(
        default="", metadata=describe("The part as it is; empty if something is missing, and below the level full.")
    )
    after: str = field(
        default="", metadata=describe("The part as it must be; empty if it must go, and below the level full.")
    )

    @property
    def is_shown(self) -> bool:
        """True if it says what stands there, or what must."""
        return bool(self.before or self.after)

    @property
    def suffix(self) -> str:
        """The end of the id under which a class counts it; empty if nothing is known of it."""
        return "" if self.kind is None else f":{self.kind}"

    @property
    def title(self) -> str:
        """The kind in words, such as "wrong index"; empty if nothing is known of it."""
        return "" if self.kind is None else self.kind.words
