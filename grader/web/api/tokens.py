"""Tokens: created and revoked with the scope admin; a secret is shown only once."""

import time
from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field

from backmark.grader.model.records import Scope, TokenRecord
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import CONFLICT, NOT_FOUND, Problem
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty, respond_page, respond_tagged
from backmark.grader.web.http.schemas import (
    WHOLE,
    CourseQuery,
    Id,
    Name,
    RequestModel,
    ResponseModel,
    Words,
    moment,
    moment_or_none,
)
from backmark.grader.web.http.service import service

resource = Resource("tokens", __name__, description="Tokens: the permissions of the API's clients.")


class TokenRequest(RequestModel):
    """A token to create."""

    name: Words = Field(description="The purpose of the token, in words.")
    course: Name | None = Field(
        default=None, description="The only course that the token may see; by default your token's own."
    )
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="The scopes of the token.")
    expires_in: Annotated[int, Field(ge=60, le=10 * 366 * 86_400), WHOLE] | None = Field(
        default=None, description="Seconds until the token expires; by default it never does."
    )


class TokenResponse(ResponseModel):
    """A token, without its secret."""

    id: str
    name: str
    course: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenCreated(TokenResponse):
    """A new token with its secret, which is shown only this once."""

    secret: str = Field(description="The value to send in `Authorization: Bearer`.")


class TokensResponse(ResponseModel):
    """The tokens of a course."""

    items: list[TokenResponse]
    next: str | None = Field(default=None, description="Always null: the list is complete.")


class TokenPath(RequestModel):
    """The path of a token."""

    token_id: Id


def _fields(token: TokenRecord) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "course": token.course,
        "scopes": sorted(token.scopes),
        "created_at": moment(token.created),
        "expires_at": moment_or_none(token.expires),
        "revoked_at": moment_or_none(token.revoked),
    }


@resource.operation(
    "POST",
    "/tokens",
    scope=Scope.ADMIN,
    weight="submit",
    responses={
        201: ResponseDoc(
            TokenCreated,
            description="Created; its secret is shown only this once.",
            headers=CREATED,
            links={"revoke_token": "token_id"},
        )
    },
)
def create_token(body: TokenRequest) -> Response:
    """Create a token."""
    expires = None if body.expires_in is None else time.time() + body.expires_in
    token, secret = service().store.tokens.create(
        body.name, caller().course(body.course), frozenset(body.scopes), expires, caller().author
    )
    created = TokenCreated.model_validate({**_fields(token), "secret": secret})
    return respond_created(created, f"{PREFIX}/tokens/{token.id}")


@resource.operation(
    "GET",
    "/tokens",
    scope=Scope.ADMIN,
    responses={200: ResponseDoc(TokensResponse, description="The tokens of a course.")},
)
def list_tokens(query: CourseQuery) -> Response:
    """List the tokens of a course, including expired and revoked ones."""
    tokens = service().store.tokens.list(caller().course(query.course))
    body = TokensResponse(items=[TokenResponse.model_validate(_fields(token)) for token in tokens])
    return respond_page(body, None)


@resource.operation(
    "DELETE",
    "/tokens/<token_id>",
    scope=Scope.ADMIN,
    responses={204: ResponseDoc(description="Revoked.")},
    problems=(CONFLICT,),
)
def revoke_token(path: TokenPath) -> Response:
    """Revoke a token immediately and permanently."""
    if path.token_id == caller().token.id:
        raise Problem(CONFLICT, "a token cannot revoke itself; use another one")
    if not service().store.tokens.revoke(path.token_id, caller().author):
        raise Problem(NOT_FOUND, f"there is no token {path.token_id}")
    return respond_empty()


@resource.operation(
    "GET",
    "/token",
    scope=Scope.READ,
    responses={200: ResponseDoc(TokenResponse, description="Your token.", headers=TAGGED)},
)
def read_own_token() -> Response:
    """Read the token of this request, and its scopes."""
    return respond_tagged(TokenResponse.model_validate(_fields(caller().token)))
