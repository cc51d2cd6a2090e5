"""Tokens: shown once, stored as a hash, limited to a course and scopes."""

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.records import Scope
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.functions import Functions
from backmark.grader.store.shares import Share
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

#: The prefix of every secret, so that scanners can find leaked ones.
_MARK = "bmk"
#: Random bytes of an id, and of a secret: 256 bits need no slow hash.
_ID, _SECRET = 6, 32
_NAMES, _PASSING = keys.key("tokens"), keys.key("tokens-passing")
#: The most expired tokens of launches that the next token's creation deletes.
_DELETED = 100


class Tokens:
    """All tokens, including revoked and expired ones; those of launches go some time after they have expired."""

    def __init__(self, redis: Connection, functions: Functions, transactions: Transactions) -> None:
        self._redis = redis
        self._functions = functions
        self.transactions = transactions

    def create(
        self,
        name: str,
        course: str,
        scopes: frozenset[Scope] | set[Scope],
        expires: float | None = None,
        author: str = "",
    ) -> tuple[TokenRecord, str]:
        """Create a token and return it with its secret, which cannot be read again. `expires` in seconds since 1970."""
        fields = {"name": name, "course": course, "scopes": " ".join(sorted(scopes))}
        if expires is not None:
            fields["expires"] = f"{1000 * expires:.0f}"
        return self._create(fields, author, passes=False)

    def create_for_launch(
        self, name: str, course: str, expires: float, *, platform: str, deployment: str
    ) -> TokenRecord:
        """Create a staff token that nobody is given; it is deleted when another one is created after it expired.

        It is revoked when its platform is removed, or its deployment disabled.
        """
        fields = {"name": name, "course": course, "scopes": Scope.STAFF, "expires": f"{1000 * expires:.0f}"}
        fields |= {"platform": platform, "deployment": deployment}
        return self._create(fields, name, passes=True)[0]

    @in_transaction
    def _create(
        self, transaction: Transaction, fields: dict[str, str], author: str, *, passes: bool
    ) -> tuple[TokenRecord, str]:
        expired: Any = transaction.read.zrangebyscore(_PASSING, "-inf", transaction.now(), start=0, num=_DELETED)
        for number in map(text, expired):
            transaction.write.delete(_key(number))
            transaction.write.zrem(_NAMES, number)
            transaction.write.zrem(_PASSING, number)
        token, secret = add_token(transaction, fields)
        if passes:
            transaction.write.zadd(_PASSING, {token.id: fields["expires"]})
        # A token that sees every course names none.
        if not token.allows(Scope.ADMIN):
            transaction.run("know_course", course=token.course)
        details = {"name": token.name, "scopes": fields["scopes"]}
        record(transaction, token.course, AuditEntry(0, author, "token.create", token.id, details=details))
        return token, secret

    def verify(self, secret: str) -> TokenRecord | None:
        """Return the token with this secret, or None if there is none or it is revoked or expired."""
        number = _number_in(secret)
        if number is None:
            return None
        stored, now = self._read(number)
        return _valid(number, stored, now) if _is_secret_of(stored, secret) else None

    def authorize(self, secret: str, share_of: Callable[[str], Share]) -> TokenRecord | None:
        """Verify a secret as `verify` does, and count a request against the share that the token's id has.

        A request with another secret counts against nobody. Errors as of `Share.check`.
        """
        number = _number_in(secret)
        if number is None:
            return None
        share = share_of(number)
        raw, now, wait = self._functions.call("authorize", token=number, sha256=_hash(secret), share=share.write())
        stored = _pairs(raw)
        token = _valid(number, stored, int(now)) if _is_secret_of(stored, secret) else None
        if token is not None:
            share.check(wait)
        return token

    def valid(self, number: str) -> TokenRecord | None:
        """Return the token with this id, whose secret was verified before, or None if it is no longer valid."""
        stored, now = self._read(number)
        return _valid(number, stored, now) if stored else None

    @in_transaction
    def revoke(self, transaction: Transaction, number: str, author: str = "") -> bool:
        """Revoke a token, which stays revoked since the first time; return False if there is none."""
        return revoke_token(transaction, number, author)

    def get(self, number: str) -> TokenRecord | None:
        """Return the token with this id, or None if there is none."""
        raw = texts(self._redis.hgetall(_key(number)))
        return _token(number, raw) if raw else None

    def _read(self, number: str) -> tuple[dict[str, str], int]:
        """Return the stored fields of a token, and the time by Redis's clock."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hgetall(_key(number))
        pipeline.time()
        raw, (now, _micros) = pipeline.execute()
        return texts(raw), now

    def list(self, course: str | None = None) -> list[TokenRecord]:
        """Return a course's tokens, or all; newest first."""
        names: Any = self._redis.zrevrange(_NAMES, 0, -1)
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(_key(text(name)))
        rows = zip(names, pipeline.execute(), strict=True)
        tokens = [_token(text(name), texts(raw)) for name, raw in rows if raw]
        return [token for token in tokens if course in {None, token.course}]


def add_token(transaction: Transaction, fields: dict[str, str]) -> tuple[TokenRecord, str]:
    """Add a token with these fields, a new id and a new secret; return it, and the secret."""
    number, at = secrets.token_hex(_ID), transaction.moment()
    secret = f"{_MARK}_{number}_{secrets.token_urlsafe(_SECRET)}"
    stored: dict[Any, Any] = {"created": at, **fields, "sha256": _hash(secret)}
    transaction.write.hset(_key(number), mapping=stored)
    transaction.write.zadd(_NAMES, {number: at})
    return _token(number, stored), secret


def revoke_token(transaction: Transaction, number: str, author: str) -> bool:
    """Revoke a token, as `Tokens.revoke` does."""
    stored = texts(transaction.read.hgetall(_key(number)))
    if stored and "revoked" not in stored:
        transaction.write.hset(_key(number), "revoked", transaction.now())
        entry = AuditEntry(0, author, "token.revoke", number, details={"name": stored["name"]})
        record(transaction, stored["course"], entry)
    return bool(stored)


def revoke_launch_tokens(transaction: Transaction, author: str, platform: str, deployment: str | None = None) -> None:
    """Revoke the tokens of staff who came in by a launch of a platform, or of this deployment of it."""
    passing: Any = transaction.read.zrange(_PASSING, 0, -1)
    for number in map(text, passing):
        stored = texts(transaction.read.hgetall(_key(number)))
        if stored.get("platform") == platform and deployment in {None, stored.get("deployment")}:
            revoke_token(transaction, number, author)


def _number_in(secret: str) -> str | None:
    """Return the id that a secret names, or None if it is no secret."""
    mark, _, rest = secret.partition("_")
    number = rest.partition("_")[0]
    return number if mark == _MARK and number.isalnum() and secret.isascii() else None


def _is_secret_of(stored: dict[str, str], secret: str) -> bool:
    return hmac.compare_digest(stored.get("sha256", ""), _hash(secret))


def _valid(number: str, stored: dict[str, str], now: int) -> TokenRecord | None:
    token = _token(number, stored)
    expired = token.expires is not None and token.expires <= now
    return None if expired or token.revoked is not None else token


def _key(number: str) -> str:
    return keys.key("token", number)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _pairs(raw: list[bytes]) -> dict[str, str]:
    flat = [text(value) for value in raw]
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _token(number: str, raw: dict[str, str]) -> TokenRecord:
    return TokenRecord(
        id=number,
        name=raw["name"],
        course=raw["course"],
        # A scope that this version does not know grants nothing.
        scopes=frozenset(Scope(name) for name in raw["scopes"].split() if name in set(Scope)),
        created=float(raw["created"]) / 1000,
        expires=seconds(raw.get("expires")),
        revoked=seconds(raw.get("revoked")),
        source="launch" if "platform" in raw else raw.get("source", "token"),
    )
