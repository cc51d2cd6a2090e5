"""The records of courses, which the scripts make that first record anything of one."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course
from backmark.grader.model.stored import read
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.courses import write_entry
from backmark.grader.store.launches import Launches
from backmark.grader.store.scripts import Scripts

_RECORDS = "bm:course-records"
#: How often a change is tried anew because somebody else changed the record meanwhile.
_TRIES = 10


class CourseRecords:
    """All courses, by their id."""

    def __init__(self, redis: Connection, scripts: Scripts, launches: Launches) -> None:
        self._redis = redis
        self._scripts = scripts
        self._launches = launches

    def get(self, course: str) -> Course | None:
        """Return a course, or None if nothing is stored of it."""
        raw = self._read(course)
        return _parse(raw) if raw else None

    def settings(self, course: str) -> Course:
        """Return a course; if it has no record, what holds by default."""
        raw = self._read(course)
        return _parse(raw) if raw else Course(course)

    def titles(self, courses: Sequence[Course]) -> dict[str, str]:
        """Return the title of each course by id: its own, else that in its LMS, else its id."""
        untitled = [course.id for course in courses if not course.title]
        known = self._launches.titles(untitled)
        return {course.id: course.title or known.get(course.id) or course.id for course in courses}

    def list(self) -> list[Course]:
        """Return all courses, by id."""
        raw: Any = self._redis.hvals(_RECORDS)
        return sorted((_parse(text(record)) for record in raw), key=lambda course: course.id)

    def create(self, course: Course, author: str) -> Course | None:
        """Make a course; return it as recorded, by the store's clock, or None if there is one with its id."""
        if self.get(course.id) is not None:
            return None
        seconds, micros = self._redis.time()
        made = replace(course, created=round(seconds + micros / 1e6, 3))
        details = {name: value for name, value in _details(Course(course.id), made).items() if name != "created"}
        entry = AuditEntry(0, author, "course.create", course.id, details=details)
        return made if self._put(made, "", entry) else None

    def change(self, course: str, apply: Callable[[Course], Course], author: str) -> Course | None:
        """Change a course by a function of what it is now; return it as it is then, or None if there is none."""
        for _ in range(_TRIES):
            if self.get(course) is None or not (raw := self._read(course)):
                return None
            before = _parse(raw)
            after = apply(before)
            details = _details(before, after)
            if not details or self._put(
                after, raw, AuditEntry(0, author, _act(before, after), course, details=details)
            ):
                return after
        raise StoreUnavailable("the course keeps changing; try again")

    def _put(self, course: Course, before: str, entry: AuditEntry) -> bool:
        return bool(self._scripts.run("put_course", course.id, json.dumps(asdict(course)), before, write_entry(entry)))

    def _read(self, course: str) -> str:
        raw: Any = self._redis.hget(_RECORDS, course)
        return "" if raw is None else text(raw)


def _parse(raw: str) -> Course:
    return read(Course, json.loads(raw))


def _details(before: Course, after: Course) -> dict[str, Any]:
    """Return the fields that are other ones."""
    earlier = asdict(before)
    return {name: value for name, value in asdict(after).items() if value != earlier[name]}


def _act(before: Course, after: Course) -> str:
    if before.archived is None and after.archived is not None:
        return "course.archive"
    return "course.bring_back" if before.archived is not None and after.archived is None else "course.change"
