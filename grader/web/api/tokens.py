"""Tokens: created and revoked with the scope admin; a secret is shown only once."""

import time
from typing import Annotated

from flask import Response
from pydantic import Field

from backmark.grader.model.records import Scope
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import extend_response, list_model, request_model, response_model, serve
from backmark.grader.web.http.problems import CONFLICT, NOT_FOUND, Problem
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty, respond_list, respond_tagged
from backmark.grader.web.http.schemas import WHOLE, CourseQuery, Id, Name, RequestModel
from backmark.grader.web.service import service

resource = Resource("tokens", __name__, description="Tokens: the permissions of the API's clients.")


class TokenRequest(request_model(TokenRecord)):  # type: ignore[misc] # made of the noun
    """A token to create."""

    course: Name | None = Field(
        default=None, description="The only course that the token may see; by default your token's own."
    )
    expires_in: Annotated[int, Field(ge=60, le=10 * 366 * 86_400), WHOLE] | None = Field(
        default=None, description="Seconds until the token expires; by default, it never expires."
    )


_TokensResponse = list_model(TokenRecord, "The tokens of a course.")
_TokenCreated = extend_response(
    TokenRecord,
    "TokenCreated",
    "A new token with its secret, which is shown only this once.",
    secret=(str, Field(description="The value to send in `Authorization: Bearer`.")),
)


class TokenPath(RequestModel):
    """The path of a token."""

    token_id: Id


@resource.operation(
    "POST",
    "/tokens",
    scope=Scope.ADMIN,
    weight="submit",
    responses={
        201: ResponseDoc(
            _TokenCreated,
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
    return respond_created(serve(token, _TokenCreated, secret=secret), f"{PREFIX}/tokens/{token.id}")


@resource.operation(
    "GET",
    "/tokens",
    scope=Scope.ADMIN,
    responses={200: ResponseDoc(_TokensResponse, description="The tokens of a course.")},
)
def list_tokens(query: CourseQuery) -> Response:
    """List the tokens of a course, including expired and revoked ones."""
    tokens = service().store.tokens.list(caller().course(query.course))
    return respond_list(_TokensResponse, map(serve, tokens))


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
    responses={200: ResponseDoc(response_model(TokenRecord), description="Your token.", headers=TAGGED)},
)
def read_own_token() -> Response:
    """Read the token of this request, and its scopes."""
    return respond_tagged(serve(caller().token))
