"""What is shown of a verdict, and to whom: everything that leaves this server with a verdict in it asks here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from grader.model.assignment import Feedback, Level
from grader.model.records import Submission
from grader.model.stored import settings
from grader.reports.disclosure import disclose, policy
from grader.web.http.service import service

#: Beside the flags of the verdict, for staff.
IDENTICAL = {"id": "identical", "title": "identical to another student's submission"}


class Viewer(Protocol):
    """Somebody who looks at a verdict, such as a `Caller`."""

    @property
    def staff(self) -> bool:
        """Whether everything may be seen."""


@dataclass(frozen=True, slots=True)
class Student:
    """Whoever reads a verdict by a link, or in another system."""

    staff: bool = False


STUDENT = Student()


def verdict(found: Submission, viewer: Viewer) -> dict[str, Any] | None:
    """The verdict that holds, as the viewer sees it; None where there is none."""
    if found.verdict is None:
        return None
    told = service().store.submissions.verdict(found.id, found.verdict)
    return None if told is None else seen(found, told, viewer)


def seen(found: Submission, told: Mapping[str, Any], viewer: Viewer) -> dict[str, Any]:
    """A verdict of that submission as the viewer sees it: what the assignment's feedback shows, or all of it."""
    if not viewer.staff:
        return disclose(told, feedback(found.course, found.assignment), found.attempt)
    others = service().store.submissions.identical(found.id, limit=1)
    return dict(told) | ({"flags": [*told["flags"], IDENTICAL]} if others else {})


def feedback(course: str, assignment: str) -> Feedback:
    """What an assignment's current revision shows: staff loosen or tighten it for earlier submissions too."""
    current = service().store.assignments.current(course, assignment)
    # Without one there is nobody to ask how much may be seen.
    return Feedback(Level.SCORE) if current is None else policy(settings(current.assignment))
