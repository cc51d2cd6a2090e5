"""Authentication: a bearer token with scopes, which sees its own course and nothing else."""

from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app, g, request

from backmark.grader.model.records import Scope
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.web.http.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, Problem

_NAME = "backmark.tokens"


class TokenCheck(Protocol):
    """The part of the service that knows the tokens."""

    def authorize(self, secret: str, weight: str) -> TokenRecord | None:
        """Return the valid token with a secret, or None; raise ShareUsedUp if it has sent too many requests."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The token of the request being answered, and what it may see."""

    token: TokenRecord

    @property
    def author(self) -> str:
        """The name under which its acts are logged."""
        return self.token.name

    @property
    def staff(self) -> bool:
        """True if the token may see what is for staff: assistants as well."""
        return self.token.allows(Scope.ASSIST)

    @property
    def instructs(self) -> bool:
        """True if the token may also do what instructors decide."""
        return self.token.allows(Scope.STAFF)

    @property
    def admin(self) -> bool:
        """True if the token may see every course."""
        return self.token.allows(Scope.ADMIN)

    @property
    def operates(self) -> bool:
        """True if the token may see the figures of the whole service."""
        return self.token.allows(Scope.OPERATE)

    @property
    def reads(self) -> bool:
        """True if the token may see verdicts, and not only submit."""
        return self.token.allows(Scope.READ)

    def sees(self, course: str) -> bool:
        """Return True if the token may see a course; other courses do not exist for it."""
        return self.admin or course == self.token.course

    def course(self, course: str | None) -> str:
        """Return the course of a request, by default the token's own. Raises Problem for one that it may not see."""
        if course is None:
            return self.token.course
        if not self.sees(course):
            raise Problem(NOT_FOUND, f"there is no course {course}")
        return course


def install(app: Flask, tokens: TokenCheck) -> None:
    """Have the requests of an application authenticated by these tokens."""
    app.extensions[_NAME] = tokens


def caller() -> Caller:
    """Return the caller of the request being answered, which must have required a scope."""
    current: Caller = g.caller
    return current


def authenticate(scope: Scope, weight: str) -> Caller:
    """Verify the request's token, check that it has `scope`, and remember it for `caller`.

    The request counts against the token's limit of that weight, as `RequestLimits.count` has it.
    """
    header = request.headers.get("Authorization")
    if header is None:
        raise _challenge("the header Authorization is missing", "")
    kind, _, secret = header.partition(" ")
    if kind.lower() != "bearer" or not secret:
        raise _challenge("the header Authorization must be: Bearer, a space, and a token", "")
    tokens: TokenCheck = current_app.extensions[_NAME]
    token = tokens.authorize(secret.strip(), weight)
    if token is None:
        raise _challenge("the token is unknown, expired or revoked", ', error="invalid_token"')
    g.caller = Caller(token)
    require_scope(scope)
    return caller()


def require_scope(scope: Scope) -> None:
    """Raise Problem unless the token of the request has a scope."""
    token = caller().token
    if not token.allows(scope):
        challenge = f'Bearer realm="backmark", error="insufficient_scope", scope="{scope}"'
        detail = f"this operation needs the scope {scope}; the token has {', '.join(sorted(token.scopes))}"
        raise Problem(FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})


def _challenge(detail: str, more: str) -> Problem:
    return Problem(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": f'Bearer realm="backmark"{more}'})
