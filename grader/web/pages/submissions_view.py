"""Submissions as staff choose to see them: those that a search finds, how many there are, and an order."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.store.search import Filter, StudentPart
from backmark.grader.support.folding import fold
from backmark.grader.web.pages.form_fields import read_page_number
from backmark.grader.web.service import service

#: Submissions of a page.
PAGE = 50
#: The most submissions that are counted, and of which the newest are sorted: a few hundredths of a second each.
COUNTED, SORTED = 10_000, 1_000
#: The most students of the roster whose names may match a search.
NAMED = 2_000
#: Of a student's name or an assignment's, characters that are looked for.
_LONGEST = 200


class SubmissionOrder(StrEnum):
    """The column by which submissions are ordered, and then the newest first."""

    STUDENT = "student"
    OUTCOME = "outcome"
    MARKS = "marks"
    ATTEMPT = "attempt"
    TIME = "time"


#: The value to order by; a submission without one comes first.
_KEYS: Mapping[SubmissionOrder, Callable[[SubmissionRecord], str | float]] = MappingProxyType(
    {
        SubmissionOrder.STUDENT: lambda record: record.student.lower(),
        SubmissionOrder.OUTCOME: lambda record: record.outcome or record.state,
        SubmissionOrder.MARKS: lambda record: -1 if record.score is None else record.score / (record.max_score or 1),
        SubmissionOrder.ATTEMPT: lambda record: record.attempt or 0,
        SubmissionOrder.TIME: lambda record: record.created,
    }
)


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """A page of what was found."""

    items: tuple[SubmissionRecord, ...]
    #: The number of all that was found; of more than COUNTED, that number.
    found: int
    #: The query of the page after this one, beside what was asked for; None if there is none.
    following: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SubmissionChoice:
    """The submissions that staff asked to see, and their order."""

    criteria: Filter
    #: A part of a student's name, by the roster or in submissions, of an id or of a mail.
    who: str = ""
    order: SubmissionOrder = SubmissionOrder.TIME
    descending: bool = True
    #: The first page is 1; in the order of time there are cursors.
    page: int = 1
    cursor: str | None = None
    #: True if more students of the roster match than are looked for.
    vague: bool = False

    @classmethod
    def read(cls, course: str, args: Mapping[str, str]) -> "SubmissionChoice":
        """Read the query of an address; what is unknown is as if it were left out."""
        query = {name: value.strip()[:_LONGEST] for name, value in args.items() if value.strip()}
        outcome, state, order = query.get("outcome"), query.get("state"), query.get("order")
        assignment, who = query.get("assignment"), query.get("who", "")
        named = _find_named(service().store.courses.roster(course).values(), who) if who else ()
        criteria = Filter(
            course,
            assignment=assignment,
            student=query.get("student"),
            outcome=outcome if outcome in set(Outcome) else None,
            state=State(state) if state in set(State) else None,
            mistake=query.get("mistake") if assignment else None,
            who=StudentPart(who, named[:NAMED]) if who else None,
        )
        chosen = SubmissionOrder(order) if order in set(SubmissionOrder) else SubmissionOrder.TIME
        descending = query.get("way") == "down" if order in set(SubmissionOrder) else True
        return cls(
            *(criteria, who, chosen, descending, read_page_number(args), args.get("cursor") or None),
            vague=len(named) > NAMED,
        )

    @property
    def asked(self) -> dict[str, str]:
        """The query of the search, without its order."""
        fields = ("assignment", "student", "outcome", "state", "mistake")
        values = {field: str(value) for field in fields if (value := getattr(self.criteria, field)) is not None}
        return values | ({"who": self.who} if self.who else {})

    @property
    def ordered(self) -> dict[str, str]:
        """The query of the order; empty for the newest first."""
        if self.newest_first:
            return {}
        return {"order": self.order.value, "way": "down" if self.descending else "up"}

    @property
    def newest_first(self) -> bool:
        """True if pages have cursors, and any number of submissions can be gone through."""
        return self.order is SubmissionOrder.TIME and self.descending

    @property
    def first(self) -> bool:
        """True for the first page."""
        return self.cursor is None if self.newest_first else self.page == 1

    def reorder(self, order: SubmissionOrder) -> dict[str, str]:
        """Return the query of a link to the same in another order; the same order again turns it around."""
        down = not self.descending if order is self.order else order is SubmissionOrder.TIME
        return self.asked | {"order": order.value, "way": "down" if down else "up"}

    def find(self) -> SubmissionPage:
        """Return the page. Raises BadCursor for an unknown cursor."""
        submissions = service().store.submissions
        if self.newest_first:
            page = submissions.list(self.criteria, PAGE, self.cursor)
            whole = self.cursor is None and page.next_cursor is None
            found = len(page.items) if whole else len(submissions.names(self.criteria, COUNTED))
            return SubmissionPage(page.items, found, {"cursor": page.next_cursor} if page.next_cursor else None)
        names = submissions.names(self.criteria, COUNTED)
        chosen = sorted(submissions.many(names[:SORTED]), key=_KEYS[self.order], reverse=self.descending)
        first = PAGE * (self.page - 1)
        more = len(chosen) > first + PAGE
        items = tuple(chosen[first : first + PAGE])
        return SubmissionPage(items, len(names), {"page": str(self.page + 1)} if more else None)


def _find_named(entries: Iterable[RosterEntry], who: str) -> tuple[str, ...]:
    """Return the students of the roster whose name or id in the LMS has that part, beside those whose own id has it."""
    part, verbatim = fold(who), who.lower()
    return tuple(
        entry.student
        for entry in entries
        if part and part in fold(f"{entry.name}\n{entry.lms_id}") and verbatim not in entry.student.lower()
    )
