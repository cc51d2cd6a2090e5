"""The functions to look for in a submission, and the names around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

#: Results of another form that an answer describes, causes for which results have no value, and characters of the type
#: of an exception among these.
MOST_FORMS, MOST_CAUSES, LONGEST_TYPE = 16, 8, 64
#: The package that a file lies in which has no folder, so that `.layers` and `..layers` are modules, too.
PACKAGE = "course.part"
#: Characters of a name.
LONGEST_NAME = 80
#: Cells that are no Python, and parameters of one function, that are named.
MOST_LEFT_OUT, MOST_PARAMETERS = 20, 100
#: Single edits of a statement.
MOST_EDITS = 80
#: Characters of an edit that is spelled out.
LONGEST_SPELLED = 200
#: What a site is: an expression that computes, a variable or a part of one that is read, what a statement has written.
SITE_KINDS = ("computed", "load", "written")
#: Sites and their statements in one program, and edits in one, at most; statements that write one variable.
MOST_SITES, MOST_SITE_STATEMENTS, MOST_WRITTEN_EDITS, MOST_WRITERS = 3_000, 1_000, 3_000, 8
#: Characters of each text of the facts about an exception, and the most texts or operands of these.
LONGEST_WORD, MOST_WORDS = 60, 8


class EditKind(StrEnum):
    """The kinds of single edits of a statement: those of real students, the commonest first."""

    # First: other edits of a second name may do as well, since they make a copy.
    IN_PLACE = "in_place"
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
    MISSING = "missing"
    ABOVE = "above"
    BELOW = "below"
    INSIDE = "inside"
    OUTSIDE = "outside"
    EXTRA = "extra"
    CONDITION = "condition"
    RETURN = "return"


#: The members of an entry, beside its function, that a jail needs.
_SENT = ("others", "classes", "given", "fixed", "lists", "arguments", "beside", "package", "call")


@dataclass(frozen=True, slots=True)
class Entry:
    """The graded function, and the names that its module is given and that answers may hold."""

    function: str
    #: Further functions that are looked for; a submission that has any of them all may lack the others.
    others: tuple[str, ...] = ()
    #: True if a class may stand for a function.
    classes: bool = False
    #: Names that the module is given beside `np`, so that a star import need not be there for them.
    given: frozenset[str] = frozenset()
    #: The ones among them that keep our value, whatever the submission binds.
    fixed: frozenset[str] = frozenset()
    #: Results, as expressions over the names of the lines that call, of which the lines are wanted that write them.
    lists: frozenset[str] = frozenset()
    #: Names of what a case has, by which an answer may call what is changed.
    arguments: frozenset[str] = frozenset()
    #: Names by which an answer may call what has another form: the worker's to check.
    results: frozenset[str] = frozenset()
    #: Lines that call.
    call: str = ""
    #: Functions that the submission may have beside those, and that are asked about when all else is.
    beside: tuple[str, ...] = ()
    #: The path of the file within a package; empty if a file alone is handed in.
    package: str = ""
    #: The word for what it is called about, in the worker's messages.
    noun: str = "call"

    @property
    def functions(self) -> tuple[str, ...]:
        """All functions that are looked for."""
        return self.function, *self.others

    def header(self) -> dict[str, Any]:
        """Return the header's members that the jail needs."""
        members = {name: getattr(self, name) for name in ("function", *_SENT)}
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in members.items()}

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> Self:
        """Read an entry from a request's header."""
        kinds: dict[str, Callable[[Any], Any]] = {
            field.name: type(field.default) for field in fields(cls) if field.name in _SENT
        }
        return cls(header["function"], **{name: kind(header[name]) for name, kind in kinds.items() if name in header})
