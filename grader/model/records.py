"""Jobs, submissions and scopes. Times are seconds since 1970, by Redis's clock."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.trace import Trace

Created = Annotated[float, Doc(unit=Unit.TIME, json="created_at")]
Finished = Annotated[float | None, Doc(unit=Unit.TIME, json="finished_at")]

#: A name of a student, course or assignment, as a regular expression: safe in an address without escaping.
NAME = r"[A-Za-z0-9_][A-Za-z0-9._@+:=~-]{0,127}"
#: What such a name may have in it, for people.
NAME_IN_WORDS = "letters, digits and . _ @ + : = ~ - only, at most 128"
#: A student as submissions name them: the name, followed by `!` and the browser if it was typed on a class link.
STUDENT = rf"{NAME}(![0-9a-f]{{12}})?"


class State(StrEnum):
    """The state of a job. Only submissions are `superseded` or `cancelled`. A terminal state never changes."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    SERVICE_FAILED = "service_failed"

    @property
    def terminal(self) -> bool:
        """True if nothing comes after it."""
        return self not in {State.QUEUED, State.RUNNING}


def is_attempt(state: State, outcome: str | None) -> bool:
    """Return True if a submission is an attempt: it has a verdict, or waits for one.

    What was refused before it ran, superseded, cancelled or failed on our side is none: it uses up no attempt, and has
    neither a number nor a mark. Scripts decide by the function of this name in `submission_common.lua`.
    """
    return not state.terminal or (state is State.DONE and outcome != Outcome.REJECTED)


class Kind(StrEnum):
    """The kinds of work that a worker can be asked to do."""

    SUBMISSION = "submission"
    #: Draw an assignment's cases, try them on known mistakes, and publish them as a revision.
    PUBLICATION = "publication"
    #: The next step of a regrade: choose its submissions, apply it, or roll it back.
    REGRADE = "regrade"
    #: One distinct source of a regrade.
    UNIT = "unit"


class Queue(StrEnum):
    """The queues, in the order in which workers look at them."""

    INTERACTIVE = "interactive"
    #: The lane of `interactive` for submissions that need more than a quick slice.
    SLOW = "slow"
    STAFF = "staff"
    REGRADE = "regrade"


@dataclass(frozen=True, slots=True)
class Job:
    """Something for a worker to do; its hash in the store has `state`, `fence` and `tries` whatever its kind."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to conclude a job: only while `fence` is the last number that was given out for it."""

    job: Job
    fence: int
    #: Seconds after which a submission must end without a verdict, to begin again in the slow lane; None in that lane.
    slice: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SubmissionSummary:
    """A submission, without its verdict."""

    id: str
    course: str
    assignment: str
    revision: Annotated[str, Doc("The revision to grade against: the current one when the submission was accepted.")]
    student: str
    source_sha256: str
    state: State
    attempt: Annotated[
        int | None,
        Doc(
            "The number of the student's attempt at this assignment, from 1.",
            none="not an attempt, but refused before it ran, superseded, cancelled, or ended as service_failed",
        ),
    ]
    filename: str
    size: Annotated[int, Doc("The size of the file in bytes.")]
    created: Created
    started: Annotated[float | None, Doc(unit=Unit.TIME, json="started_at")] = None
    finished: Finished = None
    superseded_by: Annotated[
        str | None, Doc("The same student's later submission, which replaced it before it was graded.")
    ] = None
    failure: Annotated[str | None, Doc("The reason for service_failed, which never lies in the student's code.")] = None
    regrade: Annotated[str | None, Doc("The regrade that produced the current verdict.")] = None
    outcome: Outcome | None = None
    score: Annotated[int | None, Doc(none="there is no verdict, or the file was refused before it ran")] = None
    max_score: int | None = None
    engine: Annotated[
        str | None,
        Doc("The version of Backmark and its engine that reached the current verdict, such as 0.2.0+1f0c3a5b."),
    ] = None
    reused: Annotated[bool | None, Doc("True if the verdict was reused from an identical source.")] = False


@dataclass(frozen=True, slots=True)
class SubmissionRecord(SubmissionSummary):
    """A submission as it is stored. The verdict itself is read by its number."""

    #: The number of times that a worker took it up.
    tries: int = 0
    #: Which of its verdicts holds, its own or a regrade's.
    verdict: int | None = None
    #: Since when it holds: later than `finished` after a regrade.
    judged: float | None = None
    #: Names of the properties that failed.
    failing: tuple[str, ...] = ()
    #: Ids of the mistakes that explain it best.
    mistakes: tuple[str, ...] = ()
    #: The trace of the request that handed it in; None if none did.
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a submission in its queue; 0 is next."""

    position: Annotated[int, Doc("The number of jobs ahead of this one.")]
    estimated_seconds: Annotated[
        float | None,
        Doc(
            "Seconds until the verdict, estimated by what runs, what is ahead, and what such files took.",
            none="unknown",
        ),
    ] = None


class Scope(StrEnum):
    """A permission of a token. `admin` includes all others, in every course.

    `assist`: see the course but no solutions, and grade: extensions and overrides. It includes `submit` and `read`.
    `staff`: also what an instructor decides, such as policies, publications and regrades. It includes `assist`.
    `author`: publish assignments that do not ship with Backmark and bring their own code. Only `admin` includes it.
    `operate`: see the figures of the whole service, and no course. Only `admin` includes it.
    """

    SUBMIT = "submit"
    READ = "read"
    ASSIST = "assist"
    STAFF = "staff"
    AUTHOR = "author"
    OPERATE = "operate"
    ADMIN = "admin"
