"""Links that were ended: a link holds as long as nothing that it belongs to was ended since it was made."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.transactions import Transaction, Transactions

_ENDED = keys.key("links-ended")
#: Random bytes of an ending: no later one, also in a store that was restored, is the same.
_ENDING = 6


@dataclass(frozen=True, slots=True)
class LinkSeries:
    """The links that end together: made between the same two endings of what they belong to."""

    #: Keyed hashes of what the link belongs to: its course, its assignment, its student.
    owners: tuple[str, ...]
    #: The latest ending of each owner, one behind the other; empty if none was ever ended.
    endings: str


class Links:
    """The endings of links. What is stored names no course, assignment or student: owners are keyed hashes."""

    def __init__(self, redis: Connection, transactions: Transactions) -> None:
        self._redis = redis
        self._transactions = transactions

    def series(self, owners_of_links: Iterable[tuple[str, ...]]) -> list[LinkSeries]:
        """Return the series that links of these owners belong to if they are made now."""
        links = list(owners_of_links)
        wanted = list(dict.fromkeys(owner for owners in links for owner in owners))
        raw: Sequence[Any] = self._redis.hmget(_ENDED, wanted) if wanted else []
        endings = {owner: text(value) for owner, value in zip(wanted, raw, strict=True) if value is not None}
        return [LinkSeries(owners, "".join(endings.get(owner, "") for owner in owners)) for owners in links]

    def end(self, owner: str, course: str, assignment: str, student: str | None, author: str) -> None:
        """End every link of an owner that was made until now; the log of the course has it."""
        entry = AuditEntry(0, author, "link.end" if student else "link.end_all", assignment, student or "")

        def end(transaction: Transaction) -> None:
            transaction.write.hset(_ENDED, owner, new_ending())
            record(transaction, course, entry)

        self._transactions.run(end)


def new_ending() -> str:
    """Return the name of an ending."""
    return secrets.token_hex(_ENDING)
