"""Assignments as they are published: revisions, their kits, and the requests for them. Times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from backmark.grader.model.descriptions import describe
from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.records import Created, Finished, State
from backmark.grader.model.trace import Trace
from backmark.grader.model.verdict import NamedMistake


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
    #: Cases of the secret pool that a submission is asked about beside the revision's own; 0: all have the same.
    fresh: int = 0
    #: Catches of the self-check: how many cases see each known mistake, by its id.
    catches: tuple[tuple[str, int], ...] = ()
    #: The figures of its cases and their catches, for staff, in the JSON of `grader/contracts/publishing/preview.py`;
    #: empty: unknown.
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One published version of an assignment with its cases, to which verdicts refer."""

    id: Annotated[str, Doc("A hash of the assignment and its cases.")]
    assignment: str
    title: str
    networks_sha256: str
    published: Annotated[
        float | None, Doc(none="the revision ships with Backmark", unit=Unit.TIME, json="published_at")
    ]
    fresh: Annotated[
        int,
        Doc(
            "The number of cases from a secret pool that a submission is asked about beside the revision's own, "
            "different for each group of students; 0 if all submissions are graded on the same cases."
        ),
    ]
    settings: Annotated[
        Mapping[str, Any],
        Doc(
            "The assignment's settings. Tokens without the scope staff get those that students may know: neither"
            " solutions nor mistakes, nor what its feedback hides."
        ),
    ] = field(default_factory=dict)
    shipped: Annotated[bool, Doc("True if the revision ships with Backmark and is not the course's own.")] = False
    catches: Annotated[
        Mapping[str, int] | None,
        Doc("The number of cases that catch each known mistake.", none="the revision ships with Backmark"),
    ] = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment with its current revision, which new submissions are graded against."""

    id: str
    title: str
    revision: Revision
    hidden: Annotated[bool, Doc("True if the course hides the assignment: only staff find it in lists.")] = False


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
    mistakes: tuple[NamedMistake, ...] = field(default=(), metadata=describe("Known mistakes that no case catches."))
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
class Publication:
    """A request to publish an assignment; once `done`, it has a revision or a refusal."""

    id: str
    course: str
    assignment: Annotated[str, Doc("The assignment's id.")]
    toml: Annotated[str, Doc("The assignment's TOML, as it was sent; empty for a token without the scope staff.")]
    fresh: Annotated[int, Doc("The number of cases that come from a secret pool.")]
    state: State
    created: Created
    finished: Finished = None
    revision: Annotated[str | None, Doc("The id of the published revision.")] = None
    refused: Annotated[Refusal | None, Doc("The refusal in parts.")] = None
    failure: Annotated[str | None, Doc("The reason why the request ended as service_failed.")] = None
    #: The trace of the request; None if no request made it.
    trace: Trace | None = None

    @property
    def refusal(
        self,
    ) -> Annotated[
        str | None, Doc("The reason why nothing was published, such as a known mistake that no case catches.")
    ]:
        """The refusal in a sentence."""
        return None if self.refused is None else str(self.refused)
