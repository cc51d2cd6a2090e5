"""Slips: what is wrong with a statement of a submission, as far as a change of a part of it shows that."""

from dataclasses import dataclass, field
from enum import StrEnum

from backmark.grader.model.descriptions import describe


class SlipKind(StrEnum):
    """The kind of a mistake in a statement: what is wrong in it, or what stands in the place of the right one.

    `product` is `*` for `@` or the reverse, `operator` any other operation, `assignment` `=` for `+=` or the reverse.
    `unfilled` is a line of the template's own; a `placeholder` writes zeros, ones, random numbers or one number. A
    `helper` is a function of the submission's own that the statement calls: it or the statement is wrong. A line that
    stands in the wrong place must stand `above` or `below` another one, `inside` or `outside` of a loop or a condition;
    one that is `extra` must go. `return` is what a function returns, or does not; `in_place` is a second name of an
    array, or a change of it, where a copy is missing.
    """

    INDEX = "index"
    TRANSPOSE = "transpose"
    OPERAND = "operand"
    PRODUCT = "product"
    FACTOR = "factor"
    TERM = "term"
    DIVISOR = "divisor"
    ORDER = "order"
    OPERATOR = "operator"
    SIGN = "sign"
    CONSTANT = "constant"
    COMPARISON = "comparison"
    AXIS = "axis"
    MEAN = "mean"
    CALL = "call"
    ASSIGNMENT = "assignment"
    UNFILLED = "unfilled"
    PLACEHOLDER = "placeholder"
    MISSING = "missing"
    CONDITION = "condition"
    OVERWRITES = "overwrites"
    HELPER = "helper"
    ABOVE = "above"
    BELOW = "below"
    INSIDE = "inside"
    OUTSIDE = "outside"
    EXTRA = "extra"
    RETURN = "return"
    IN_PLACE = "in_place"


#: The kinds in words: of a class behind the title of a row, of a line whose change is not shown.
_TITLES = {
    SlipKind.INDEX: "wrong index",
    SlipKind.TRANSPOSE: "transpose missing or unneeded",
    SlipKind.OPERAND: "wrong variable or function",
    SlipKind.PRODUCT: "`*` and `@` confused",
    SlipKind.FACTOR: "factor missing or unneeded",
    SlipKind.TERM: "term missing or unneeded",
    SlipKind.DIVISOR: "divisor missing or unneeded",
    SlipKind.ORDER: "wrong order",
    SlipKind.OPERATOR: "wrong operator",
    SlipKind.SIGN: "wrong sign",
    SlipKind.CONSTANT: "wrong number or text",
    SlipKind.COMPARISON: "wrong comparison",
    SlipKind.AXIS: "wrong axis or shape of a sum",
    SlipKind.MEAN: "sum and mean confused",
    SlipKind.CALL: "function missing or unneeded",
    SlipKind.ASSIGNMENT: "`=` and `+=` confused",
    SlipKind.UNFILLED: "not filled in",
    SlipKind.PLACEHOLDER: "not filled in",
    SlipKind.MISSING: "line missing",
    SlipKind.CONDITION: "wrong condition",
    SlipKind.OVERWRITES: "right values overwritten",
    SlipKind.HELPER: "wrong, or a function that it calls",
    **dict.fromkeys((SlipKind.ABOVE, SlipKind.BELOW, SlipKind.INSIDE, SlipKind.OUTSIDE), "line in the wrong place"),
    SlipKind.EXTRA: "line too many",
    SlipKind.RETURN: "wrong `return`, or none",
    SlipKind.IN_PLACE: "array changed in place",
}


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
        return "" if self.kind is None else _TITLES[self.kind]
