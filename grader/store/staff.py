"""Invitations to a course's staff, and the staff: who has a token of the course, or comes from its LMS."""

import json
import secrets
from dataclasses import asdict, replace
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Invitation, Role, StaffMember, StaffSource
from backmark.grader.model.records import Scope
from backmark.grader.model.stored import read
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection
from backmark.grader.store.launches import Launches
from backmark.grader.store.tokens import Tokens, add_token, revoke_token
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

#: Random bytes of an id. The link is signed, too.
_ID = 9


class Staff:
    """The staff of all courses. What each may do is a scope of a token: there are no other rights."""

    def __init__(self, redis: Connection, transactions: Transactions, tokens: Tokens, launches: Launches) -> None:
        self._redis = redis
        self.transactions = transactions
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

    @in_transaction
    def remove(self, transaction: Transaction, course: str, member: str, author: str, *, only_invited: bool) -> bool:
        """Revoke the token of a member; return False if there is none, or with `only_invited` none by invitation.

        The invitations that they made are withdrawn: by one of them they would be staff again.
        """
        token = self._tokens.valid(member)
        if token is None or token.course != course or role_of(token) is None or token.source == "launch":
            return False
        if only_invited and token.source != "invitation":
            return False
        revoke_token(transaction, member, author)
        for invitation in map(_parse, transaction.read.hvals(_key(course))):
            if invitation.author == token.name and invitation.holds(transaction.now() / 1000):
                _withdraw(transaction, course, invitation.id, author)
        return True

    @in_transaction
    def invite(self, transaction: Transaction, course: str, invitation: Invitation) -> Invitation:
        """Make an invitation; return it as recorded, with its new id and by the store's clock."""
        made = replace(invitation, id=secrets.token_urlsafe(_ID), created=float(transaction.now() // 1000))
        _put(transaction, course, made)
        details = {"role": made.role, "days": made.days, "once": made.once}
        record(transaction, course, AuditEntry(0, made.author, "staff.invite", made.id, details=details))
        return made

    def invitation(self, course: str, name: str) -> Invitation | None:
        """Return an invitation that still holds, or None."""
        raw: Any = self._redis.hget(_key(course), name)
        seconds, _ = self._redis.time()
        found = None if raw is None else _parse(raw)
        return found if found is not None and found.holds(seconds) else None

    def invitations(self, course: str) -> list[Invitation]:
        """Return the invitations that still hold, newest first."""
        raw: Any = self._redis.hvals(_key(course))
        seconds, _ = self._redis.time()
        held = [one for one in map(_parse, raw) if one.holds(seconds)]
        return sorted(held, key=lambda one: (-one.created, one.id))

    @in_transaction
    def withdraw(self, transaction: Transaction, course: str, name: str, author: str) -> bool:
        """Withdraw an invitation: nobody accepts it any more. Return False if there is none."""
        is_there = bool(transaction.read.hexists(_key(course), name))
        if is_there:
            _withdraw(transaction, course, name, author)
        return is_there

    @in_transaction
    def accept(
        self, transaction: Transaction, course: str, invitation: Invitation, name: str
    ) -> tuple[TokenRecord, str] | None:
        """Make whoever is called so staff; return the token and its secret, or None if the invitation holds no more."""
        raw = transaction.read.hget(_key(course), invitation.id)
        if raw is None or not (now := _parse(raw)).holds(transaction.now() / 1000):
            return None
        _put(transaction, course, replace(now, accepted=now.accepted + 1))
        fields = {"name": name, "course": course, "scopes": now.role.scope.value, "source": "invitation"}
        token, secret = add_token(transaction, fields)
        transaction.run("know_course", course=course)
        details = {"role": now.role, "invited by": now.author}
        record(transaction, course, AuditEntry(0, name, "staff.accept", token.id, details=details))
        return token, secret


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


def _put(transaction: Transaction, course: str, invitation: Invitation) -> None:
    transaction.write.hset(_key(course), invitation.id, json.dumps(asdict(invitation)))
    # Retention looks at the courses in this set.
    transaction.write.sadd("bm:courses-kept", course)


def _withdraw(transaction: Transaction, course: str, name: str, author: str) -> None:
    transaction.write.hdel(_key(course), name)
    record(transaction, course, AuditEntry(0, author, "staff.withdraw", name))


def _parse(raw: bytes | str) -> Invitation:
    return read(Invitation, json.loads(raw))


def _key(course: str) -> str:
    return keys.key("invitations", course)
