"""A whole course as a ZIP file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import PurePath
from typing import Any, TypeVar

from flask import Response

from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.reports import spreadsheets
from backmark.grader.reports.marks_table import HEADER, cells
from backmark.grader.store.paging import RecordPage
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web.service import note_act, service
from backmark.grader.web.usecases.archives import send_archive
from backmark.grader.web.usecases.marks import read_marks

_Item = TypeVar("_Item")

#: The version of the layout of the file, in `course.json`.
FORMAT = 1
#: Submissions and entries of the log that are read at once.
_PAGE = 200
#: Endings that a source keeps; any other is text to whoever opens it.
_SUFFIXES = frozenset({".ipynb", ".py"})


def _files(store: Store, course: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file."""
    yield (
        "course.json",
        _json({"format": FORMAT, "course": course, "exported": store.time(), **_records(store, course)}),
    )
    log = _all_items(lambda cursor: store.courses.audit(course, _PAGE, cursor))
    yield "log.jsonl", b"".join(_json(asdict(entry)) for entry in log)
    for revision in store.assignments.list(course):
        name, table = revision.assignment_id, read_marks(course, revision.assignment_id)
        if table.is_used:
            rows = spreadsheets.table(HEADER, map(cells, table.students))
            yield f"marks/{name}.csv", b"".join(rows)
        for own in _own_revisions(store, course, name):
            yield f"assignments/{name}/{own.id}.json", _json(asdict(own))
    for submission in _all_items(lambda cursor: store.submissions.list(Filter(course), _PAGE, cursor)):
        yield from _submission_files(store, submission)


def _records(store: Store, course: str) -> dict[str, Any]:
    """Return what staff set, as it is stored."""
    courses = store.courses
    names = sorted(
        {revision.assignment_id for revision in store.assignments.list(course)} | set(courses.policies(course))
    )
    terms = {name: asdict(courses.terms(course, name)) for name in names}
    people = {
        "staff": [asdict(member) for member in store.staff.members(course)],
        "invitations": [asdict(invitation) for invitation in store.staff.invitations(course)],
    }
    return {
        "settings": asdict(store.course_records.settings(course)),
        **people,
        "assignments": terms,
        "roster": {name: asdict(entry) for name, entry in courses.roster(course).items()},
    }


def _all_items(read_page: Callable[[str | None], RecordPage[_Item]]) -> Iterator[_Item]:
    """Yield the items of every page; `read_page` takes the cursor of one, None for the first."""
    page = read_page(None)
    yield from page.items
    while page.next_cursor is not None:
        page = read_page(page.next_cursor)
        yield from page.items


def _submission_files(store: Store, submission: SubmissionRecord) -> Iterator[tuple[str, bytes]]:
    folder = f"submissions/{submission.id}"
    yield f"{folder}/submission.json", _json(asdict(submission))
    source = store.submissions.content(submission.source_sha256)
    if source is not None:
        suffix = PurePath(submission.filename).suffix.lower()
        # Never by the student's name for it, which may lead out of the folder in which it is unpacked.
        yield f"{folder}/source{suffix if suffix in _SUFFIXES else '.txt'}", source
    written = store.messages.conversation(submission)
    if written.notes or written.questions:
        yield f"{folder}/messages.json", _json(asdict(written))
    verdict = None if submission.verdict is None else store.submissions.verdict(submission.id, submission.verdict)
    if verdict is not None:
        yield f"{folder}/verdict.json", _json(verdict.as_dict())


def _own_revisions(store: Store, course: str, assignment: str) -> list[RevisionRecord]:
    return [revision for revision in store.assignments.revisions(course, assignment) if revision.course == course]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def send_course(course: str) -> Response:
    """Send what staff set, the log, marks, and each submission with its source and verdict; the log says who asked."""
    files = _files(service().store, course)
    return send_archive(f"course-{course}.zip", files, lambda: note_act(course, "course.export"))
