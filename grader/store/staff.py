"""Invitations to a course's staff, and the staff: who has a token of the course, or comes from its LMS."""

import json
import secrets
from dataclasses import asdict, replace
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import MOST_ACCEPTED, Invitation, Role, StaffMember, StaffSource
from backmark.grader.model.records import Scope
from backmark.grader.model.stored import read
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.store import keys
from backmark.grader.store.acts import write_entry
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.launches import Launches
from backmark.grader.store.scripts import Scripts
from backmark.grader.store.tokens import Tokens, new_token

#: Random bytes of an id. The link is signed, too.
_ID = 9


class Staff:
    """The staff of all courses. What each may do is a scope of a token: there are no other rights."""

    def __init__(self, redis: Connection, scripts: Scripts, tokens: Tokens, launches: Launches) -> None:
        self._redis = redis
        self._scripts = scripts
        self._tokens = tokens
        self._launches = launches

    def members(self, course: str) -> list[StaffMember]:
        """Return the staff of a course by name. Administrators, who see every course, are not among them."""
        seconds, _ = self._redis.time()
        held = [token for token in self._tokens.list(course) if _is_held(token, seconds)]
        members = [_member(token) for token in held if role_of(token) is not None and token.source != "launch"]
        members += [
            StaffMember(user.student, user.name or user.student, Role.INSTRUCTOR, StaffSource.LTI, user.recorded)
            for user in self._launches.users(course)
            if user.staff
        ]
        return sorted(members, key=lambda member: (member.name.casefold(), member.id))

    def remove(self, course: str, member: str, author: str, *, only_invited: bool) -> bool:
        """Revoke the token of a member; return False if there is none, or with `only_invited` none by invitation.

        The invitations that they made are withdrawn: by one of them they would be staff again.
        """
        token = self._tokens.valid(member)
        if token is None or token.course != course or role_of(token) is None or token.source == "launch":
            return False
        if only_invited and token.source != "invitation":
            return False
        if not self._tokens.revoke(member, author):
            return False
        for invitation in self.invitations(course):
            if invitation.author == token.name:
                self.withdraw(course, invitation.id, author)
        return True

    def invite(self, course: str, invitation: Invitation) -> Invitation:
        """Make an invitation; return it as recorded, with its new id and by the store's clock."""
        seconds, _ = self._redis.time()
        made = replace(invitation, id=secrets.token_urlsafe(_ID), created=float(seconds))
        details = {"role": made.role, "days": made.days, "once": made.once}
        entry = AuditEntry(0, made.author, "staff.invite", made.id, details=details)
        self._scripts.run("put_invitation", course, made.id, json.dumps(asdict(made)), write_entry(entry))
        return made

    def invitation(self, course: str, name: str) -> Invitation | None:
        """Return an invitation that still holds, or None."""
        raw: Any = self._redis.hget(_key(course), name)
        seconds, _ = self._redis.time()
        found = None if raw is None else read(Invitation, json.loads(text(raw)))
        return found if found is not None and found.holds(seconds) else None

    def invitations(self, course: str) -> list[Invitation]:
        """Return the invitations that still hold, newest first."""
        raw: Any = self._redis.hvals(_key(course))
        seconds, _ = self._redis.time()
        held = [one for value in raw if (one := read(Invitation, json.loads(text(value)))).holds(seconds)]
        return sorted(held, key=lambda one: (-one.created, one.id))

    def withdraw(self, course: str, name: str, author: str) -> bool:
        """Withdraw an invitation: nobody accepts it any more. Return False if there is none."""
        entry = AuditEntry(0, author, "staff.withdraw", name)
        return bool(self._scripts.run("withdraw_invitation", course, name, write_entry(entry)))

    def accept(self, course: str, invitation: Invitation, name: str) -> tuple[TokenRecord, str] | None:
        """Make whoever is called so staff; return the token and its secret, or None if the invitation holds no more."""
        role = invitation.role
        number, secret, flat = new_token(
            {"name": name, "course": course, "scopes": role.scope.value, "source": "invitation"}
        )
        entry = AuditEntry(0, name, "staff.accept", number, details={"role": role, "invited by": invitation.author})
        accepted = self._scripts.run(
            "accept_invitation", course, invitation.id, MOST_ACCEPTED, number, write_entry(entry), *flat
        )
        token = self._tokens.valid(number) if accepted else None
        return None if token is None else (token, secret)


def role_of(token: TokenRecord) -> Role | None:
    """Return the role that a token gives in its course; None if it gives none, or every course."""
    if token.allows(Scope.ADMIN):
        return None
    return next((role for role in (Role.INSTRUCTOR, Role.ASSISTANT) if token.allows(role.scope)), None)


def _is_held(token: TokenRecord, now: float) -> bool:
    return token.revoked is None and (token.expires is None or token.expires > now)


def _member(token: TokenRecord) -> StaffMember:
    role = role_of(token) or Role.ASSISTANT
    return StaffMember(token.id, token.name, role, StaffSource(token.source), token.created, token.expires)


def _key(course: str) -> str:
    return keys.key("invitations", course)
