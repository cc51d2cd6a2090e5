"""Publications: a request for a revision, which a worker draws, tests and publishes, or refuses."""

from dataclasses import replace
from hashlib import sha256
from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from backmark.grader.model import fresh_groups
from backmark.grader.model.publications import Publication
from backmark.grader.model.records import Scope
from backmark.grader.store.errors import TooManyPublications
from backmark.grader.store.publications import NewPublication
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.idempotency import IdempotencyHeader, idempotency_claim
from backmark.grader.web.http.nouns import list_model, response_model, serve
from backmark.grader.web.http.problems import (
    CONFLICT,
    KEY_MISSING,
    KEY_REUSED,
    NOT_FOUND,
    Problem,
)
from backmark.grader.web.http.request_log import current_trace
from backmark.grader.web.http.resource import ACCEPTED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_accepted, respond_list, respond_tagged
from backmark.grader.web.http.schemas import WHOLE, Id, OwnCourse, PageQuery, RequestModel
from backmark.grader.web.service import service
from backmark.grader.web.usecases.publications import LONGEST, read_assignment, require_author, usual_fresh

#: The shortest assignment, for the documentation.
_EXAMPLE = """\
language = 1
id = "mine"
title = "Mine"

[inputs]
x = { shape = "3" }

[call]
code = "dx = gradient(x)"

[results]
dx = { grad = "x" }

[files]
"reference.py" = '''
def forward(tap, x):
    return {"loss": (x**2).sum()}
'''
"solution.py" = '''
def gradient(x):
    return 2 * x
'''
"""

resource = Resource("publications", __name__, description="Requests to publish a revision of an assignment.")


class PublicationRequest(RequestModel):
    """An assignment to publish."""

    model_config = ConfigDict(json_schema_extra={"example": {"toml": _EXAMPLE, "fresh": 40}})

    toml: str = Field(
        max_length=LONGEST,
        description="The assignment in TOML, as `backmark grade --assignment` reads it. Files beside it go into a"
        " table `files`, as `backmark assignment publish` sends a folder.",
    )
    fresh: Annotated[int, Field(ge=0, le=fresh_groups.MOST), WHOLE] | None = Field(
        default=None,
        description="The number of cases from a secret pool that a submission is asked about beside the assignment's "
        "own, different for each group of students and shown to nobody; by default one for ten, or none without "
        "BACKMARK_SECRET.",
    )
    course: OwnCourse = None


_PublicationsResponse = list_model(Publication, "A page of publications, newest first.", paged=True)


class PublicationPath(RequestModel):
    """The path of a publication."""

    publication_id: Id


@resource.operation(
    "POST",
    "/publications",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        202: ResponseDoc(
            response_model(Publication),
            description="Recorded; a worker draws the cases.",
            headers=ACCEPTED,
            links={"read_publication": "publication_id"},
        )
    },
    problems=(KEY_MISSING, KEY_REUSED, CONFLICT),
)
def publish(header: IdempotencyHeader, body: PublicationRequest) -> Response:
    """Publish a revision of an assignment.

    A worker draws the cases and tests them on known mistakes; the revision is published only if they catch all.
    An assignment with code of its own also needs the scope `author`; one that ships with Backmark, unchanged, does not.
    """
    assignment = read_assignment(body.toml)
    require_author(assignment, body.toml)
    course = caller().course(body.course)
    fresh = usual_fresh(assignment) if body.fresh is None else body.fresh
    key = idempotency_claim(header, course, fresh, sha256(body.toml.encode()).hexdigest())
    try:
        publication = service().intake.publish(
            NewPublication(course, assignment.id, body.toml, fresh, key, current_trace(), caller().author)
        )
    except TooManyPublications as error:
        raise Problem(CONFLICT, str(error)) from None
    return respond_accepted(serve(publication), f"{PREFIX}/publications/{publication.id}")


@resource.operation(
    "GET",
    "/publications",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_PublicationsResponse, description="A page, newest first.", paged=True)},
)
def list_publications(query: PageQuery) -> Response:
    """List the publications of a course."""
    page = service().store.publications.list(caller().course(query.course), query.limit, query.cursor)
    return respond_list(_PublicationsResponse, map(_serve, page.items), page.next_cursor)


@resource.operation(
    "GET",
    "/publications/<publication_id>",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(response_model(Publication), description="The publication.", headers=TAGGED)},
)
def read_publication(path: PublicationPath) -> Response:
    """Read a publication."""
    publication = service().store.publications.get(path.publication_id)
    if publication is None or not caller().sees(publication.course):
        raise Problem(NOT_FOUND, f"there is no publication {path.publication_id}")
    return respond_tagged(_serve(publication))


def _serve(publication: Publication) -> BaseModel:
    """Return a publication as the caller may see it: its text has the solution, which is for instructors."""
    return serve(publication if caller().instructs else replace(publication, toml=""))
