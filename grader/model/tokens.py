"""Tokens: who asks, and what they may do."""

from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.records import Created, Scope


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token, without its secret, of which only a hash is stored."""

    id: str
    name: Annotated[str, Doc("The purpose of the token, in words.", shortest=1, longest=200)]
    course: Annotated[str, Doc("The only course that the token may see, unless it has the scope admin.")]
    scopes: Annotated[frozenset[Scope], Doc("The scopes of the token.", least=1, most=4)]
    created: Created
    expires: Annotated[float | None, Doc(none="never", unit=Unit.TIME, json="expires_at")] = None
    revoked: Annotated[float | None, Doc(none="the token is not revoked", unit=Unit.TIME, json="revoked_at")] = None

    #: By which way it was given: `token`, `invitation` or `launch`.
    source: str = "token"

    def allows(self, scope: Scope) -> bool:
        """True if it may do what needs `scope`."""
        granted = set(self.scopes)
        if Scope.ADMIN in granted:
            granted |= set(Scope)
        if Scope.STAFF in granted:
            granted.add(Scope.ASSIST)
        if Scope.ASSIST in granted:
            granted |= {Scope.SUBMIT, Scope.READ}
        return scope in granted
