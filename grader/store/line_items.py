"""Line items: the columns of gradebooks that get the marks of our assignments."""

import json
from dataclasses import asdict
from typing import Any

from backmark.grader.model.lti import LineItem
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.errors import LineItemTaken
from backmark.grader.store.scripts import Scripts


class LineItems:
    """The line items of all courses."""

    def __init__(self, redis: Connection, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    def record(self, item: LineItem) -> None:
        """Store a line item; raises LineItemTaken if it is the column of another course or assignment."""
        taken = self._scripts.run(
            "line_item_record", item.id, item.course, item.assignment, json.dumps(asdict(item), sort_keys=True)
        )
        if taken is not None:
            raise LineItemTaken(read(LineItem, json.loads(text(taken))))

    def get(self, item: str) -> LineItem | None:
        """Return a line item by our id of it, or None."""
        raw: Any = self._redis.get(keys.key("line-item", item))
        return None if raw is None else read(LineItem, json.loads(raw))

    def of(self, course: str, assignment: str) -> list[LineItem]:
        """Return the line items that get an assignment's marks: one, unless the LMS has it in several columns."""
        names: Any = self._redis.smembers(keys.key("line-items", course))
        items = [self.get(name) for name in sorted(text(name) for name in names)]
        return [item for item in items if item is not None and item.assignment == assignment]
