"""The marks of a class as staff choose to see them: some of the students, in an order."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backmark.grader.model.people import LONGEST_NAME
from backmark.grader.reports.marks_table import MarkedStudent
from backmark.grader.support.folding import fold
from backmark.grader.web.pages.form_fields import read_page_number

#: Rows of a page.
PAGE = 100


class Show(StrEnum):
    """The students who are shown."""

    ALL = "all"
    NOTHING = "nothing"
    REFUSED = "refused"
    WAITING = "waiting"
    LATE = "late"
    OVERRIDDEN = "overridden"
    DIFFERS = "differs"
    EXTENDED = "extended"
    LEFT = "left"
    UNKNOWN = "unknown"
    UNVERIFIED = "unverified"


#: Their names, after "students".
NAMES: Mapping[Show, str] = MappingProxyType(
    {
        Show.ALL: "everybody",
        Show.NOTHING: "who handed in nothing",
        Show.REFUSED: "whose files were all refused",
        Show.WAITING: "who wait for a verdict",
        Show.LATE: "who are late",
        Show.OVERRIDDEN: "who have an override",
        Show.DIFFERS: "whose mark has changed since the override",
        Show.EXTENDED: "who have an extension",
        Show.LEFT: "who left the course",
        Show.UNKNOWN: "who are not in the roster",
        Show.UNVERIFIED: "who typed their name on a class link",
    }
)

_TESTS: Mapping[Show, Callable[[MarkedStudent], bool]] = MappingProxyType(
    {
        Show.ALL: lambda row: bool(row.marking.student),
        Show.NOTHING: lambda row: not (row.marking.attempts or row.refused),
        Show.REFUSED: lambda row: bool(row.refused and not row.marking.attempts),
        Show.WAITING: lambda row: row.marking.pending,
        Show.LATE: lambda row: row.marking.lateness > 0,
        Show.OVERRIDDEN: lambda row: row.marking.override is not None,
        Show.DIFFERS: lambda row: row.marking.differs,
        Show.EXTENDED: lambda row: row.extension is not None,
        Show.LEFT: lambda row: row.entry is not None and row.entry.left is not None,
        Show.UNKNOWN: lambda row: row.entry is None and row.verified,
        Show.UNVERIFIED: lambda row: not row.verified,
    }
)


class Order(StrEnum):
    """The column by which students are ordered, and then by name."""

    STUDENT = "student"
    MARK = "mark"
    LATE = "late"
    ATTEMPTS = "attempts"
    LAST = "last"


#: The value to order by, but for names; a student without one comes first.
_KEYS: Mapping[Order, Callable[[MarkedStudent], float]] = MappingProxyType(
    {
        Order.MARK: lambda row: -1 if row.marking.share is None else row.marking.share,
        Order.LATE: lambda row: row.marking.lateness,
        Order.ATTEMPTS: lambda row: row.marking.attempts,
        Order.LAST: lambda row: row.marking.last or 0,
    }
)


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """The part of a class that staff asked to see, and its order."""

    show: Show = Show.ALL
    order: Order = Order.STUDENT
    descending: bool = False
    #: A part of a name, by the roster or in submissions.
    name: str = ""
    #: The section; empty: all of them.
    section: str = ""
    #: The first page is 1.
    page: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "ClassChoice":
        """Read the query of an address; what is unknown is as if it were left out."""
        show, order = args.get("show"), args.get("order")
        return cls(
            Show(show) if show in set(Show) else Show.ALL,
            Order(order) if order in set(Order) else Order.STUDENT,
            args.get("way") == "down",
            args.get("name", "").strip()[:LONGEST_NAME],
            args.get("section", "").strip()[:LONGEST_NAME],
            read_page_number(args),
        )

    def link(self, *, order: Order | None = None, page: int | None = None, show: Show | None = None) -> dict[str, str]:
        """Return the query of a link to the same with another order, page or choice.

        The same order again turns it around.
        """
        around = order is self.order and not self.descending
        fields = {
            "show": show or (None if self.show is Show.ALL else self.show),
            "name": self.name,
            "section": self.section,
            "order": order or (None if self.order is Order.STUDENT else self.order),
            "way": "down" if (around if order else self.descending) else None,
            "page": str(page) if page else None,
        }
        return {field: str(value) for field, value in fields.items() if value}

    def of_section(self, students: Iterable[MarkedStudent]) -> list[MarkedStudent]:
        """Return the students of the section, or all if none is chosen."""
        return [row for row in students if not self.section or (row.entry and row.entry.section == self.section)]

    def choose(self, students: Iterable[MarkedStudent]) -> list[MarkedStudent]:
        """Return the students to show, in their order."""
        part = fold(self.name)
        chosen = [row for row in self.of_section(students) if _TESTS[self.show](row) and part in _names(row)]
        chosen.sort(key=lambda row: row.marking.student, reverse=self.descending and self.order is Order.STUDENT)
        if self.order in _KEYS:
            chosen.sort(key=_KEYS[self.order], reverse=self.descending)
        return chosen


@dataclass(frozen=True, slots=True)
class MarksCount:
    """How many students there are of each kind that is not empty."""

    show: Show
    name: str
    students: int


def count(students: Iterable[MarkedStudent]) -> list[MarksCount]:
    """Return the number of students of each kind, without kinds that have none."""
    rows = list(students)
    counts = (MarksCount(show, NAMES[show], sum(map(test, rows))) for show, test in _TESTS.items())
    return [kind for kind in counts if kind.students or kind.show is Show.ALL]


def _names(row: MarkedStudent) -> str:
    """Return all by which a student may be looked for."""
    entry = (row.entry.name, row.entry.lms_id) if row.entry else ()
    return fold("\n".join([row.marking.student, *entry]))
