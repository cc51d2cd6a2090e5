"""Platforms: where Backmark is registered as an LTI tool, their deployments, invitations to register, and our keys."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any

from backmark.grader.model.lti import Deployment, Platform
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.tokens import revoke_launch_tokens
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

_PLATFORMS = keys.key("lti-platforms")
_TOOL_KEYS = keys.key("lti-tool-keys")
#: Random bytes of an invitation, and how often a registration by it may fail: each asks addresses that others name.
_INVITATION, _INVITATION_TRIES = 24, 10


@dataclass(frozen=True, slots=True)
class UsedInvitation:
    """An invitation to register that was used: its text, the tries that are left, and the time that was."""

    text: str
    tries: int
    milliseconds: int


class Platforms:
    """All platforms: a handful, each an LMS in which somebody set Backmark up."""

    def __init__(self, redis: Connection, transactions: Transactions) -> None:
        self._redis = redis
        self.transactions = transactions

    def add(self, platform: Platform) -> bool:
        """Store a platform; return False, and change nothing, if one with its id exists."""
        record = json.dumps({**asdict(replace(platform, disabled=frozenset())), "disabled": []})
        return bool(self._redis.hsetnx(_PLATFORMS, platform.id, record))

    @in_transaction
    def remove(self, transaction: Transaction, platform: str, author: str = "") -> bool:
        """Remove a platform with its deployments, and sign its staff out; return False if there is none.

        Its courses stay.
        """
        is_there = bool(transaction.read.hexists(_PLATFORMS, platform))
        transaction.write.hdel(_PLATFORMS, platform)
        transaction.write.delete(_deployments(platform), _disabled_key(platform), keys.key("lti-key-set", platform))
        revoke_launch_tokens(transaction, author, platform)
        return is_there

    def get(self, platform: str) -> Platform | None:
        """Return a platform by our id of it, or None."""
        raw: Any = self._redis.hget(_PLATFORMS, platform)
        return None if raw is None else self._read(raw)

    def all(self) -> list[Platform]:
        """Return all platforms, oldest first."""
        raw: Any = self._redis.hvals(_PLATFORMS)
        return sorted((self._read(record) for record in raw), key=lambda platform: (platform.registered, platform.id))

    def note_deployment(self, platform: str, deployment: str, now: float) -> None:
        """Remember that a launch came from a deployment; the first one counts."""
        self._redis.hsetnx(_deployments(platform), deployment, f"{now:.3f}")

    def deployments(self, platform: str) -> list[Deployment]:
        """Return the deployments that launches came from, or that are disabled."""
        launched = texts(self._redis.hgetall(_deployments(platform)))
        disabled = self._list_disabled(platform)
        return [
            Deployment(name, float(launched.get(name, 0)), name in disabled)
            for name in sorted(launched.keys() | disabled)
        ]

    @in_transaction
    def disable(self, transaction: Transaction, platform: str, deployment: str, author: str = "") -> None:
        """Refuse launches from a deployment from now on, and sign out the staff who came in by one."""
        transaction.write.sadd(_disabled_key(platform), deployment)
        revoke_launch_tokens(transaction, author, platform, deployment)

    def enable(self, platform: str, deployment: str) -> None:
        """Accept launches from a deployment again."""
        self._redis.srem(_disabled_key(platform), deployment)

    def invite(self, seconds: int) -> str:
        """Make an invitation to register, for one platform, and return it. Only its hash is stored."""
        invitation = secrets.token_urlsafe(_INVITATION)
        self._redis.set(_invitation(invitation), _INVITATION_TRIES, ex=seconds)
        return invitation

    def use_invitation(self, invitation: str) -> UsedInvitation | None:
        """Use an invitation up and return it; None if there is none, or it was used or has ended."""
        pipeline = self._redis.pipeline()
        pipeline.pttl(_invitation(invitation))
        pipeline.getdel(_invitation(invitation))
        milliseconds, tries = pipeline.execute()
        return None if tries is None else UsedInvitation(invitation, int(tries) - 1, int(milliseconds))

    def give_back(self, invitation: UsedInvitation) -> bool:
        """Make an invitation valid again by which nothing was registered; return False if it had no more tries."""
        if invitation.tries > 0:
            self._redis.set(_invitation(invitation.text), invitation.tries, px=max(1, invitation.milliseconds))
        return invitation.tries > 0

    def key_set(self, platform: str) -> tuple[str, int] | None:
        """Return the platform's public keys as they were read last, and for how many seconds more they are kept."""
        pipeline = self._redis.pipeline()
        pipeline.get(keys.key("lti-key-set", platform))
        pipeline.ttl(keys.key("lti-key-set", platform))
        raw, seconds = pipeline.execute()
        return None if raw is None else (text(raw), int(seconds))

    def keep_key_set(self, platform: str, key_set: str, seconds: int) -> None:
        """Keep the platform's public keys for a while."""
        self._redis.set(keys.key("lti-key-set", platform), key_set, ex=seconds)

    def begin_reading_keys(self, platform: str, seconds: int) -> bool:
        """Return True, and then False for `seconds`."""
        return bool(self._redis.set(keys.key("lti-keys-read", platform), "1", nx=True, ex=seconds))

    def tool_keys(self) -> list[tuple[float, str]]:
        """Return our sealed pairs of keys, each with when it was made, oldest first."""
        raw: Any = self._redis.zrange(_TOOL_KEYS, 0, -1, withscores=True)
        return [(score, text(sealed)) for sealed, score in raw]

    @in_transaction
    def add_first_tool_key(self, transaction: Transaction, sealed: str, now: float) -> None:
        """Store a sealed pair unless there is one."""
        if not transaction.read.exists(_TOOL_KEYS):
            transaction.write.zadd(_TOOL_KEYS, {sealed: now})

    def add_tool_key(self, sealed: str, now: float, oldest: float) -> None:
        """Store a sealed pair, and drop those that were made before `oldest`."""
        pipeline = self._redis.pipeline()
        pipeline.zadd(_TOOL_KEYS, {sealed: now})
        pipeline.zremrangebyscore(_TOOL_KEYS, "-inf", f"({oldest!r}")
        pipeline.execute()

    def forget_tool_keys(self) -> None:
        """Remove all pairs: the next one is new, and platforms learn it from our public keys."""
        self._redis.delete(_TOOL_KEYS)

    def _read(self, raw: bytes | str) -> Platform:
        platform = read(Platform, json.loads(raw))
        return replace(platform, disabled=self._list_disabled(platform.id))

    def _list_disabled(self, platform: str) -> frozenset[str]:
        raw: Any = self._redis.smembers(_disabled_key(platform))
        return frozenset(text(name) for name in raw)


def _deployments(platform: str) -> str:
    return keys.key("lti-deployments", platform)


def _disabled_key(platform: str) -> str:
    return keys.key("lti-disabled", platform)


def _invitation(invitation: str) -> str:
    return keys.key("lti-invitation", keys.digest(invitation))
