"""Line items: the columns of gradebooks that get the marks of our assignments."""

import json
from dataclasses import asdict
from typing import Any

from backmark.grader.model.lti import LineItem
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.errors import LineItemTaken
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction


class LineItems:
    """The line items of all courses."""

    def __init__(self, redis: Connection, transactions: Transactions) -> None:
        self._redis = redis
        self.transactions = transactions

    @in_transaction
    def record(self, transaction: Transaction, item: LineItem) -> None:
        """Store a line item; raises LineItemTaken if it is the column of another course or assignment."""
        before = _parse(transaction.read.get(_key(item.id)))
        if before is not None and (before.course, before.assignment) != (item.course, item.assignment):
            raise LineItemTaken(before)
        transaction.write.set(_key(item.id), json.dumps(asdict(item)))
        transaction.write.sadd(keys.key("line-items", item.course), item.id)
        if item != before:
            # Marks that were there before it, and marks of other points.
            transaction.run("mark_all_changed", course=item.course, assignment=item.assignment)

    def get(self, item: str) -> LineItem | None:
        """Return a line item by our id of it, or None."""
        return _parse(self._redis.get(_key(item)))

    def of(self, course: str, assignment: str) -> list[LineItem]:
        """Return the line items that get an assignment's marks: one, unless the LMS has it in several columns."""
        return [item for item in self.of_course(course) if item.assignment == assignment]

    def of_course(self, course: str) -> list[LineItem]:
        """Return the line items of all assignments of a course."""
        names: Any = self._redis.smembers(keys.key("line-items", course))
        items = [self.get(name) for name in sorted(text(name) for name in names)]
        return [item for item in items if item is not None]


def _key(item: str) -> str:
    return keys.key("line-item", item)


def _parse(raw: bytes | str | None) -> LineItem | None:
    return None if raw is None else read(LineItem, json.loads(raw))
