"""Tokens: made and revoked by who has the scope admin; the secret is shown once."""

import time
from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field

from grader.model.records import Scope, Token
from grader.web.http import responses as answers
from grader.web.http.auth import caller
from grader.web.http.problems import CONFLICT, NOT_FOUND, Problem
from grader.web.http.resource import CREATED, PREFIX, TAGGED, Answer, Noun
from grader.web.http.schemas import WHOLE, Asked, CourseQuery, Id, Name, Told, Words, moment, moment_or_none
from grader.web.http.service import service

noun = Noun("tokens", __name__, says="Who may do what.")


class TokenAsked(Asked):
    """A token to be made."""

    name: Words = Field(description="What it is for, in words.")
    course: Name | None = Field(default=None, description="The only course that it sees; else your token's own.")
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="What it may do.")
    expires_in: Annotated[int, Field(ge=60, le=10 * 366 * 86_400), WHOLE] | None = Field(
        default=None, description="Seconds until it ends; never, where it is left out."
    )


class TokenTold(Told):
    """A token, without its secret."""

    id: str
    name: str
    course: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenMade(TokenTold):
    """A token that was just made, with its secret: this is the only time that it is shown."""

    secret: str = Field(description="What goes into `Authorization: Bearer`.")


class TokensTold(Told):
    """The tokens of a course."""

    items: list[TokenTold]
    next: str | None = Field(default=None, description="Always null: they are all here.")


class TokenPath(Asked):
    """Which token."""

    token_id: Id


def _fields(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "course": token.course,
        "scopes": sorted(token.scopes),
        "created_at": moment(token.created),
        "expires_at": moment_or_none(token.expires),
        "revoked_at": moment_or_none(token.revoked),
    }


@noun.operation(
    "POST",
    "/tokens",
    scope=Scope.ADMIN,
    weight="submit",
    answers={
        201: Answer(
            TokenMade, says="Made; its secret is shown once.", headers=CREATED, leads={"revoke_token": "token_id"}
        )
    },
)
def create_token(body: TokenAsked) -> Response:
    """Make a token."""
    expires = None if body.expires_in is None else time.time() + body.expires_in
    token, secret = service().store.tokens.create(
        body.name, caller().course(body.course), frozenset(body.scopes), expires
    )
    made = TokenMade.model_validate({**_fields(token), "secret": secret})
    return answers.created(made, f"{PREFIX}/tokens/{token.id}")


@noun.operation("GET", "/tokens", scope=Scope.ADMIN, answers={200: Answer(TokensTold, says="The tokens of a course.")})
def list_tokens(query: CourseQuery) -> Response:
    """List the tokens of a course, also those that ended."""
    found = service().store.tokens.list(caller().course(query.course))
    told = TokensTold(items=[TokenTold.model_validate(_fields(token)) for token in found])
    return answers.page(told, None)


@noun.operation(
    "DELETE",
    "/tokens/<token_id>",
    scope=Scope.ADMIN,
    answers={204: Answer(says="It is of no use any more.")},
    problems=(CONFLICT,),
)
def revoke_token(path: TokenPath) -> Response:
    """Revoke a token, at once and for good."""
    if path.token_id == caller().token.id:
        raise Problem(CONFLICT, "a token does not revoke itself; use another one")
    if not service().store.tokens.revoke(path.token_id):
        raise Problem(NOT_FOUND, f"there is no token {path.token_id}")
    return answers.nothing()


@noun.operation("GET", "/token", scope=Scope.READ, answers={200: Answer(TokenTold, says="Your token.", headers=TAGGED)})
def read_own_token() -> Response:
    """Say which token this request came with, and what it may do."""
    return answers.thing(TokenTold.model_validate(_fields(caller().token)))
