"""Who asks: a bearer token with scopes, that sees its own course and nothing else."""

from dataclasses import dataclass

from flask import g, request

from grader.model.records import Scope, Token
from grader.web.http.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, Problem
from grader.web.http.service import service


@dataclass(frozen=True, slots=True)
class Caller:
    """The token of the request being answered, and what it sees."""

    token: Token

    @property
    def staff(self) -> bool:
        """Whether it sees what is for staff."""
        return self.token.allows(Scope.STAFF)

    @property
    def admin(self) -> bool:
        """Whether it sees every course."""
        return self.token.allows(Scope.ADMIN)

    @property
    def reads(self) -> bool:
        """Whether it sees verdicts, and not only what it handed in."""
        return self.token.allows(Scope.READ)

    def sees(self, course: str) -> bool:
        """Whether a course is there, as far as it is concerned."""
        return self.admin or course == self.token.course

    def course(self, asked: str | None) -> str:
        """The course that a request is about: the token's own, where it names none; foreign ones are not there."""
        if asked is None:
            return self.token.course
        if not self.sees(asked):
            raise Problem(NOT_FOUND, f"there is no course {asked}")
        return asked


def caller() -> Caller:
    """That of the request being answered, which needed a scope."""
    found: Caller = g.caller
    return found


def authenticate(scope: Scope) -> Caller:
    """Let the request's token in, if it allows `scope`, and remember it for `caller`."""
    given = request.headers.get("Authorization")
    if given is None:
        raise _unauthenticated("the header Authorization is missing", "")
    kind, _, secret = given.partition(" ")
    if kind.lower() != "bearer" or not secret:
        raise _unauthenticated("the header Authorization should be: Bearer, a space, and a token", "")
    token = service().store.tokens.verify(secret.strip())
    if token is None:
        raise _unauthenticated("the token is unknown, expired or revoked", ', error="invalid_token"')
    if not token.allows(scope):
        challenge = f'Bearer realm="backmark", error="insufficient_scope", scope="{scope}"'
        detail = f"this needs the scope {scope}; the token has {', '.join(sorted(token.scopes))}"
        raise Problem(FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})
    g.caller = Caller(token)
    return caller()


def _unauthenticated(detail: str, more: str) -> Problem:
    return Problem(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": f'Bearer realm="backmark"{more}'})
