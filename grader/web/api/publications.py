"""Publications: a revision is asked for, and a worker draws, tries and publishes it, or refuses."""

from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Annotated

from flask import Response
from pydantic import ConfigDict, Field

from grader.errors import BadAssignment
from grader.model.assignment import Assignment
from grader.model.assignment_toml import MOST_NETWORKS, parse
from grader.model.fresh import usual
from grader.model.records import Publication, Scope, State
from grader.store.errors import TooManyPublications
from grader.web.http import responses as answers
from grader.web.http.auth import caller
from grader.web.http.idempotency import Keyed, claimed
from grader.web.http.problems import CONFLICT, INVALID, KEY_MISSING, KEY_REUSED, NOT_FOUND, Fault, Problem
from grader.web.http.resource import ACCEPTED, PREFIX, TAGGED, Answer, Noun
from grader.web.http.schemas import WHOLE, Asked, Id, Name, PageQuery, Told, moment, moment_or_none
from grader.web.http.service import service

noun = Noun("publications", __name__, says="How a revision of an assignment comes to be.")


class PublicationAsked(Asked):
    """An assignment to be published."""

    model_config = ConfigDict(json_schema_extra={"example": {"toml": 'id = "mine"\ntitle = "Mine"\n', "fresh": 40}})

    toml: str = Field(
        max_length=65536,
        description="The assignment, as `backmark grade --assignment` reads it.",
    )
    fresh: Annotated[int, Field(ge=0, le=MOST_NETWORKS), WHOLE] | None = Field(
        default=None,
        description="How many of the networks give way to others from a secret pool, which each group of students has"
        " of its own: a fifth if left out, and none without BACKMARK_SECRET.",
    )
    course: Name | None = Field(default=None, description="For tokens with the scope admin; else the token's own.")


class MistakePassed(Told):
    """A known mistake that every network lets pass: its id, and the words after "it"."""

    id: str
    title: str


class RefusalTold(Told):
    """Why it was not published, in parts."""

    says: str
    mistakes: list[MistakePassed] = Field(description="Known mistakes that its networks let pass.")
    advice: str = Field(description="What to do; empty if `says` names it.")


class PublicationTold(Told):
    """A publication: once it is done, it has a revision or a refusal."""

    id: str
    state: State
    course: str
    assignment: str
    fresh: int
    created_at: datetime
    finished_at: datetime | None
    revision: str | None = Field(description="What was published.")
    refusal: str | None = Field(description="Why it was not: such as a known mistake that its networks let pass.")
    refused: RefusalTold | None = Field(description="The same in parts.")
    failure: str | None = Field(description="Why it ended as service_failed.")
    toml: str


class PublicationsTold(Told):
    """A page of publications, newest first."""

    items: list[PublicationTold]
    next: str | None = Field(description="The cursor of the next page; null where there is none.")


class PublicationPath(Asked):
    """Which publication."""

    publication_id: Id


@noun.operation(
    "POST",
    "/publications",
    scope=Scope.STAFF,
    weight="submit",
    answers={
        202: Answer(
            PublicationTold,
            says="Recorded; a worker draws it.",
            headers=ACCEPTED,
            leads={"read_publication": "publication_id"},
        )
    },
    problems=(KEY_MISSING, KEY_REUSED, CONFLICT),
)
def publish(header: Keyed, body: PublicationAsked) -> Response:
    """Publish a revision of an assignment.

    A worker draws its networks and tries them on known mistakes; it is published only if they catch them all.
    """
    assignment = read_assignment(body.toml)
    course = caller().course(body.course)
    wanted = usual_fresh(assignment) if body.fresh is None else body.fresh
    key = claimed(header, course, wanted, sha256(body.toml.encode()).hexdigest())
    try:
        found = service().intake.publish(course, assignment.id, body.toml, wanted, key)
    except TooManyPublications as error:
        raise Problem(CONFLICT, str(error)) from None
    return answers.accepted(_told(found), f"{PREFIX}/publications/{found.id}")


@noun.operation(
    "GET",
    "/publications",
    scope=Scope.STAFF,
    answers={200: Answer(PublicationsTold, says="A page, newest first.", paged=True)},
)
def list_publications(query: PageQuery) -> Response:
    """List the publications of a course."""
    page = service().store.publications.list(caller().course(query.course), query.limit, query.cursor)
    told = PublicationsTold(items=[_told(each) for each in page.items], next=page.next_cursor)
    return answers.page(told, page.next_cursor)


@noun.operation(
    "GET",
    "/publications/<publication_id>",
    scope=Scope.STAFF,
    answers={200: Answer(PublicationTold, says="Where it is.", headers=TAGGED)},
)
def read_publication(path: PublicationPath) -> Response:
    """Read a publication."""
    found = service().store.publications.get(path.publication_id)
    if found is None or not caller().sees(found.course):
        raise Problem(NOT_FOUND, f"there is no publication {path.publication_id}")
    return answers.thing(_told(found))


def read_assignment(toml: str) -> Assignment:
    """The assignment that a TOML describes; a Problem that says what is wrong with the TOML."""
    try:
        return parse(toml, "toml")
    except (BadAssignment, ValueError, RecursionError) as error:
        # The last two from numbers of thousands of digits, and from brackets nested as deep.
        detail = str(error) if isinstance(error, BadAssignment) else "toml has numbers or brackets beyond all reason"
        raise Problem(INVALID, detail, errors=(Fault("pointer", "/toml", detail),)) from None


def usual_fresh(assignment: Assignment) -> int:
    """How many networks of an assignment are fresh unless somebody says otherwise: none without a secret."""
    return usual(assignment.networks) if service().settings.secret is not None else 0


def _told(found: Publication) -> PublicationTold:
    return PublicationTold(
        id=found.id,
        state=found.state,
        course=found.course,
        assignment=found.assignment_id,
        fresh=found.fresh,
        created_at=moment(found.created),
        finished_at=moment_or_none(found.finished),
        revision=found.revision,
        refusal=None if found.refusal is None else str(found.refusal),
        refused=None if found.refusal is None else RefusalTold.model_validate(asdict(found.refusal)),
        failure=found.failure,
        toml=found.toml,
    )
