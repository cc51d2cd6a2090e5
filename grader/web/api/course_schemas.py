"""The JSON of a course: its policy, what holds for single students, and what its addresses have in common."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from backmark.grader.courses.checks import LONGEST_REASON, MOST_ATTEMPTS, MOST_GRACE, RuleFault
from backmark.grader.courses.times import YEARS
from backmark.grader.model.courses import Counts, Extension, Outage, Override, Policy
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import INVALID, UNKNOWN_ASSIGNMENT, Problem, RequestFault
from backmark.grader.web.http.schemas import WHOLE, Name, RequestModel, ResponseModel, Student, moment, moment_or_none
from backmark.grader.web.http.service import service


def _within_years(given: datetime) -> datetime:
    if given.year not in YEARS:
        raise ValueError(f"the year must be {YEARS[0]} to {YEARS[-1]}")
    return given


#: A time with its offset from UTC.
Moment = Annotated[AwareDatetime, AfterValidator(_within_years)]
Reason = Annotated[
    str, Field(min_length=1, max_length=LONGEST_REASON, description="Why; staff see it, and the log has it.")
]
_Percent = Annotated[float, Field(ge=0, le=100)]
_Attempts = Annotated[int, Field(ge=1, le=MOST_ATTEMPTS), WHOLE]


class CoursePath(RequestModel):
    """The path of a course."""

    course: Name


class CourseAssignmentPath(CoursePath):
    """The path of an assignment in a course."""

    assignment: Name


class CourseStudentPath(CourseAssignmentPath):
    """The path of what holds for a student in an assignment."""

    student: Student


class PolicyRequest(RequestModel):
    """A policy, in place of the one before: a key that is left out has its default."""

    opens: Moment | None = Field(default=None, description="Nothing is taken before; null: at once.")
    due: Moment | None = Field(default=None, description="After it, and the grace, an attempt is late; null: never.")
    closes: Moment | None = Field(default=None, description="Nothing is taken from then on; null: never.")
    grace: float = Field(
        default=0.0, ge=0, le=MOST_GRACE, description="Seconds after due within which nothing is late."
    )
    late: _Percent | None = Field(
        default=None,
        description="Per cent of the maximum that each started 24 hours take off; null: nothing, and the LMS gets true"
        " times.",
    )
    floor: _Percent = Field(
        default=0.0, description="Per cent of the maximum below which lateness alone takes no mark."
    )
    attempts: _Attempts | None = Field(default=None, description="The most attempts; null: any number.")
    counts: Counts = Field(default=Counts.BEST, description="The attempt that counts.")

    def policy(self) -> Policy:
        """Return the policy."""
        return Policy(
            opens=_seconds(self.opens),
            due=_seconds(self.due),
            closes=_seconds(self.closes),
            grace=self.grace,
            late=self.late,
            floor=self.floor,
            attempts=self.attempts,
            counts=self.counts,
        )


class PolicyResponse(ResponseModel):
    """The policy of an assignment in a course."""

    course: str
    assignment: str
    opens: datetime | None
    due: datetime | None
    closes: datetime | None
    grace: float
    late: float | None
    floor: float
    attempts: int | None
    counts: Counts


class ExtensionRequest(RequestModel):
    """Other limits for one student, in place of those before; what is left out is as the policy says."""

    due: Moment | None = None
    closes: Moment | None = None
    attempts: _Attempts | None = None
    reason: Reason

    def extension(self, student: str) -> Extension:
        """Return the extension, of the caller's."""
        due, closes = _seconds(self.due), _seconds(self.closes)
        return Extension(student, due, closes, self.attempts, caller().author, self.reason)


class ExtensionResponse(ResponseModel):
    """Other limits for one student."""

    student: str
    due: datetime | None
    closes: datetime | None
    attempts: int | None
    author: str
    reason: str
    recorded_at: datetime


class ExtensionsResponse(ResponseModel):
    """The extensions of an assignment, by student."""

    items: list[ExtensionResponse]
    next: str | None = Field(default=None, description="Always null: the list is complete.")


class OutageRequest(RequestModel):
    """A time in which the service took nothing."""

    start: Moment
    end: Moment
    reason: Reason

    def outage(self) -> Outage:
        """Return the outage, of the caller's."""
        return Outage(self.start.timestamp(), self.end.timestamp(), caller().author, self.reason)


class OutageResponse(ResponseModel):
    """A time in which the service took nothing: every due and close after its start moves by its length."""

    id: str
    start: datetime
    end: datetime
    author: str
    reason: str
    recorded_at: datetime


class OutagesResponse(ResponseModel):
    """The outages that move the times of an assignment, the earliest first."""

    items: list[OutageResponse]
    next: str | None = Field(default=None, description="Always null: the list is complete.")


class OverrideRequest(RequestModel):
    """A mark that staff give, in place of the override before."""

    share: float = Field(ge=0, le=1, description="The mark as a share of the maximum, 0 to 1.")
    reason: Reason


class OverrideResponse(ResponseModel):
    """A mark that staff gave. It holds until it is removed."""

    student: str
    share: float
    computed: float | None = Field(description="The mark that was computed when it was given; null: none.")
    author: str
    reason: str
    recorded_at: datetime


class OverridesResponse(ResponseModel):
    """The overrides of an assignment, by student."""

    items: list[OverrideResponse]
    next: str | None = Field(default=None, description="Always null: the list is complete.")


def render_policy(course: str, assignment: str, policy: Policy) -> PolicyResponse:
    """Return a policy as JSON."""
    return PolicyResponse(
        course=course,
        assignment=assignment,
        opens=moment_or_none(policy.opens),
        due=moment_or_none(policy.due),
        closes=moment_or_none(policy.closes),
        grace=policy.grace,
        late=policy.late,
        floor=policy.floor,
        attempts=policy.attempts,
        counts=policy.counts,
    )


def render_extension(extension: Extension) -> ExtensionResponse:
    """Return an extension as JSON."""
    return ExtensionResponse(
        student=extension.student,
        due=moment_or_none(extension.due),
        closes=moment_or_none(extension.closes),
        attempts=extension.attempts,
        author=extension.author,
        reason=extension.reason,
        recorded_at=moment(extension.recorded),
    )


def render_outage(outage: Outage) -> OutageResponse:
    """Return an outage as JSON."""
    return OutageResponse(
        id=outage.id,
        start=moment(outage.start),
        end=moment(outage.end),
        author=outage.author,
        reason=outage.reason,
        recorded_at=moment(outage.recorded),
    )


def render_override(override: Override) -> OverrideResponse:
    """Return an override as JSON."""
    return OverrideResponse(
        student=override.student,
        share=override.share,
        computed=override.computed,
        author=override.author,
        reason=override.reason,
        recorded_at=moment(override.recorded),
    )


def visible_course(path: CoursePath) -> str:
    """Return the course of a path. Raises Problem if the caller may not see it."""
    return caller().course(path.course)


def existing_assignment(path: CourseAssignmentPath) -> tuple[str, str]:
    """Return the course and the assignment of a path. Raises Problem unless the caller's course has it."""
    course = visible_course(path)
    if service().store.assignments.current(course, path.assignment) is None:
        raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {path.assignment} in the course {course}")
    return course, path.assignment


def refuse_faults(faults: Iterable[RuleFault]) -> None:
    """Raise Problem if there is any fault."""
    errors = tuple(RequestFault("pointer", f"/{fault.field}", fault.says) for fault in faults)
    if errors:
        raise Problem(INVALID, "; ".join(f"{fault.place}: {fault.detail}" for fault in errors), errors=errors)


def _seconds(given: datetime | None) -> float | None:
    return None if given is None else given.timestamp()
