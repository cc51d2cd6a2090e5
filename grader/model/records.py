"""The nouns that are stored, as they are read back. Times are seconds since 1970, by Redis's clock."""

from dataclasses import dataclass, field
from enum import StrEnum

from backmark.grader.model.descriptions import describe
from backmark.grader.model.trace import Trace
from backmark.grader.model.verdict import NamedMistake, Outcome

#: A name of a student, course or assignment, as a regular expression: safe in an address without escaping.
NAME = r"[A-Za-z0-9_][A-Za-z0-9._@+:=~-]{0,127}"


class State(StrEnum):
    """The state of a job. `superseded` and `cancelled` are a submission's; whatever is terminal stays so."""

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

    @property
    def queue(self) -> "Queue":
        """The queue in which it waits."""
        return {Kind.SUBMISSION: Queue.INTERACTIVE, Kind.UNIT: Queue.REGRADE}.get(self, Queue.STAFF)


class Queue(StrEnum):
    """The queues, in the order in which workers look at them."""

    INTERACTIVE = "interactive"
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


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """A submission and where it is. The verdict itself is read by its number."""

    id: str
    course: str
    assignment: str
    #: The revision that was current when it was accepted, and that it is graded against.
    revision: str
    student: str
    #: The student's first, second... for this assignment; None if it is no attempt (`is_attempt`).
    attempt: int | None
    filename: str
    source_sha256: str
    #: Bytes of the source.
    size: int
    state: State
    created: float
    started: float | None = None
    finished: float | None = None
    #: The number of times that a worker took it up.
    tries: int = 0
    superseded_by: str | None = None
    #: Why it ended as service_failed.
    failure: str | None = None
    #: Which of its verdicts holds, its own or a regrade's.
    verdict: int | None = None
    #: The regrade that gave the verdict that holds.
    regrade: str | None = None
    #: Since when it holds: later than `finished` after a regrade.
    judged: float | None = None
    #: Of the verdict that holds, for lists and reports that need not read it. A refused file has no score.
    outcome: str | None = None
    score: int | None = None
    max_score: int | None = None
    #: Names of the properties that failed.
    failing: tuple[str, ...] = ()
    #: Ids of the mistakes that explain it best.
    mistakes: tuple[str, ...] = ()
    #: The version of Backmark and its engine that reached it; None if an earlier version recorded it.
    engine: str | None = None
    #: True if the verdict was made for an identical source before. For staff.
    reused: bool = False
    #: The trace of the request that handed it in; None if an earlier version recorded it.
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class RevisionRecord:
    """A published revision: what verdicts are about. Its cases are read apart."""

    id: str
    course: str
    #: The assignment as `backmark.grader.contracts.language.assignment.assignment_to_json` has it.
    assignment: str
    assignment_id: str
    title: str
    networks_sha256: str
    published: float
    #: Cases of the secret pool that a submission is graded on; 0: all are graded on the same.
    fresh: int = 0
    #: Catches of the self-check: how many cases see each known mistake, by its id.
    catches: tuple[tuple[str, int], ...] = ()
    #: The figures of its cases and their catches, for staff, in the JSON of `grader/contracts/publishing/preview.py`;
    #: empty: unknown.
    preview: str = ""
    #: Places of its own cases that give way to those, which each group of students has of its own. None where each
    #: source has its own fresh cases, beside all of the revision's: as earlier versions published.
    replaced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class KitFiles:
    """The kits of a revision, by which students check in a notebook: files of `grader/contracts/kits/kit.py`.

    Without kits and a refusal, the revision was published before they were stored.
    """

    without_solution: bytes | None = None
    with_solution: bytes | None = None
    #: The reason for which none can be made, or none with the solution.
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reasons of a refusal, in parts."""

    says: str
    mistakes: tuple[NamedMistake, ...] = field(default=(), metadata=describe("Known mistakes that no network detects."))
    advice: str = field(default="", metadata=describe("What to do; empty if `says` includes it."))

    def __str__(self) -> str:
        if not self.mistakes:
            return self.says
        return (
            f"{self.says}: {', '.join(f'{mistake.id} ({mistake.title})' for mistake in self.mistakes)}. {self.advice}"
        )


@dataclass(frozen=True, slots=True)
class CaughtMistake:
    """A known mistake, and the number of cases that catch it."""

    id: str
    title: str
    networks: int


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """A request to publish a revision. Its state `done` says that `revision` or `refusal` is set."""

    id: str
    course: str
    assignment_id: str
    #: The assignment's TOML, as it came.
    toml: str
    fresh: int
    state: State
    created: float
    finished: float | None = None
    revision: str | None = None
    #: Why it was not published: a mistake that its cases let pass, a field that is wrong.
    refusal: Refusal | None = None
    failure: str | None = None
    #: The trace of the request; None if an earlier version recorded it.
    trace: Trace | None = None


class Scope(StrEnum):
    """A thing that a token may do. `staff` includes `submit` and `read`; `admin` includes all, in every course.

    `author`: publish assignments whose own code is run, such as contracts. Only `admin` includes it.
    """

    SUBMIT = "submit"
    READ = "read"
    STAFF = "staff"
    AUTHOR = "author"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as it is remembered: of the secret itself only a hash is stored."""

    id: str
    name: str
    course: str
    scopes: frozenset[Scope]
    created: float
    expires: float | None = None
    revoked: float | None = None

    def allows(self, scope: Scope) -> bool:
        """True if it may do what needs `scope`."""
        granted = set(self.scopes)
        if Scope.ADMIN in granted:
            granted |= set(Scope)
        if Scope.STAFF in granted:
            granted |= {Scope.SUBMIT, Scope.READ}
        return scope in granted
