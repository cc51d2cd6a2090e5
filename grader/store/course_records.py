"""The records of courses, made by whatever first records anything of one."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course
from backmark.grader.model.stored import read
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection
from backmark.grader.store.launches import Launches
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

_RECORDS = "bm:course-records"


class CourseRecords:
    """All courses, by their id."""

    def __init__(self, redis: Connection, transactions: Transactions, launches: Launches) -> None:
        self._redis = redis
        self.transactions = transactions
        self._launches = launches

    def get(self, course: str) -> Course | None:
        """Return a course, or None if nothing is stored of it."""
        return _parse(self._redis.hget(_RECORDS, course))

    def settings(self, course: str) -> Course:
        """Return a course; if it has no record, what holds by default."""
        return self.get(course) or Course(course)

    def titles(self, courses: Sequence[Course]) -> dict[str, str]:
        """Return the title of each course by id: its own, else that in its LMS, else its id."""
        untitled = [course.id for course in courses if not course.title]
        known = self._launches.titles(untitled)
        return {course.id: course.title or known.get(course.id) or course.id for course in courses}

    def list(self) -> list[Course]:
        """Return all courses, by id."""
        courses = map(_parse, self._redis.hvals(_RECORDS))
        return sorted((course for course in courses if course is not None), key=lambda course: course.id)

    @in_transaction
    def create(self, transaction: Transaction, course: Course, author: str) -> Course | None:
        """Make a course; return it as recorded, by the store's clock, or None if there is one with its id."""
        if transaction.read.hexists(_RECORDS, course.id):
            return None
        made = replace(course, created=transaction.now() / 1000)
        details = {name: value for name, value in _details(Course(course.id), made).items() if name != "created"}
        _put(transaction, made, AuditEntry(0, author, "course.create", course.id, details=details))
        return made

    @in_transaction
    def change(
        self, transaction: Transaction, course: str, apply: Callable[[Course], Course], author: str
    ) -> Course | None:
        """Change a course by a function of what it is now; return it as it is then, or None if there is none."""
        before = _parse(transaction.read.hget(_RECORDS, course))
        if before is None:
            return None
        after = apply(before)
        if details := _details(before, after):
            _put(transaction, after, AuditEntry(0, author, _act(before, after), course, details=details))
        return after


def _put(transaction: Transaction, course: Course, entry: AuditEntry) -> None:
    transaction.write.hset(_RECORDS, course.id, json.dumps(asdict(course)))
    record(transaction, course.id, entry)


def _parse(raw: bytes | str | None) -> Course | None:
    return None if raw is None else read(Course, json.loads(raw))


def _details(before: Course, after: Course) -> dict[str, Any]:
    """Return the fields that are other ones."""
    earlier = asdict(before)
    return {name: value for name, value in asdict(after).items() if value != earlier[name]}


def _act(before: Course, after: Course) -> str:
    if before.archived is None and after.archived is not None:
        return "course.archive"
    return "course.bring_back" if before.archived is not None and after.archived is None else "course.change"
