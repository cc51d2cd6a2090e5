"""The table that an LMS exported, with a column of it filled with the marks of an assignment."""

import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from backmark.grader.courses.gradebook import (
    TABLE_NAMES,
    ColumnNotChosen,
    FilledGradebook,
    Gradebook,
    GradebookStudent,
    Lms,
    MarkColumn,
    choose_column,
    fill,
    format_mark,
    read_gradebook,
)
from backmark.grader.courses.gradebook_table import GradebookError
from backmark.grader.reports.marks_table import MarkedStudent
from backmark.grader.web.http.bodies import allow_unbuffered
from backmark.grader.web.http.problems import INVALID, Problem
from backmark.grader.web.pages import cookies
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.sentences import CHOOSE_EXPORT, SEVERAL_COLUMNS
from backmark.grader.web.pages.visitor import staff
from backmark.grader.web.service import note_act
from backmark.grader.web.usecases.assignments import current
from backmark.grader.web.usecases.marks import read_marks

pages = Pages("staff_gradebook", __name__, guarded=False)

#: Bytes of the largest table: two thousand students with a hundred columns.
LARGEST = 4 << 20
#: The place in each LMS where the filled table is uploaded.
_IMPORT = {
    Lms.CANVAS: "In Canvas: Grades, Import.",
    Lms.MOODLE: "In Moodle: the assignment's submissions, Actions, Upload grading worksheet.",
}


@dataclass(frozen=True, slots=True)
class FilledTable:
    """A filled table, and the students whose mark has no place in it."""

    gradebook: Gradebook
    column: MarkColumn
    filled: FilledGradebook
    #: Students with a mark of whom the roster has no id of the LMS.
    nameless: tuple[str, ...]
    #: Students with a mark and an id for which the table has no row.
    absent: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that people know the table by."""
        return TABLE_NAMES[self.gradebook.lms]

    @property
    def maximum(self) -> str:
        """The points of the column."""
        return format_mark(self.column.maximum or 0)

    @property
    def advice(self) -> str:
        """The place in the LMS where the table is uploaded."""
        return _IMPORT[self.gradebook.lms]

    @property
    def unmarked(self) -> Sequence[GradebookStudent]:
        """The students of the table who have no mark."""
        return self.filled.unmarked


@pages.get("/courses/<course>/assignments/<assignment>/gradebook")
def choose_table(course: str, assignment: str) -> Response:
    """Show the form for the table."""
    staff(course)
    return _form(course, assignment)


@pages.post("/courses/<course>/assignments/<assignment>/gradebook")
def fill_table(course: str, assignment: str) -> Response:
    """Show whose mark goes into the table and whose does not, or send the filled table."""
    staff(course, "submit")
    # The table comes back in the second form, compressed, and is larger than a field of other forms.
    request.max_content_length = request.max_form_memory_size = 2 * LARGEST
    allow_unbuffered()
    cookies.guard.protect()
    revision = current(course, assignment)
    data, name = _sent_table()
    if not data:
        return _form(course, assignment, CHOOSE_EXPORT)
    column = request.form.get("column", "").strip() or None
    try:
        table = _fill(data, column, read_marks(course, assignment).students)
    except ColumnNotChosen as error:
        fault = SEVERAL_COLUMNS if error.columns else f"This table cannot be filled: {error}."
        return _form(course, assignment, fault, columns=error.columns, table=_pack(data), name=name)
    except GradebookError as error:
        return _form(course, assignment, f"This table cannot be filled: {error}.")
    if "download" in request.form:
        note_act(course, "marks.export", assignment)
        return _download(table, name)
    return page(
        "staff/gradebook_filled.html",
        course=course,
        section="course",
        current=revision,
        filled=table,
        table=_pack(data),
        name=name,
    )


def _fill(data: bytes, column: str | None, students: Sequence[MarkedStudent]) -> FilledTable:
    gradebook = read_gradebook(data)
    chosen = choose_column(gradebook, column)
    marked = [row for row in students if row.marking.share is not None]
    owners = _owners(marked)
    shares = {lms_id: row.marking.share or 0.0 for lms_id, row in owners.items()}
    filled = fill(gradebook, chosen, shares)
    nameless = tuple(row.marking.student for row in marked if not (row.entry and row.entry.lms_id))
    return FilledTable(
        gradebook, chosen, filled, nameless, tuple(owners[name].marking.student for name in filled.unknown)
    )


def _owners(marked: Sequence[MarkedStudent]) -> Mapping[str, MarkedStudent]:
    """Return the students by their ids in the LMS; raise GradebookError if two have the same."""
    owners: dict[str, MarkedStudent] = {}
    for row in marked:
        lms_id = row.entry.lms_id if row.entry else ""
        if lms_id in owners:
            both = f"{owners[lms_id].marking.student} and {row.marking.student}"
            raise GradebookError(f"{both} have the same LMS id in the roster, {lms_id}")
        if lms_id:
            owners[lms_id] = row
    return owners


def _sent_table() -> tuple[bytes, str]:
    """Return the table of the upload, or of the form that was shown after it, and the name of its file."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        name = upload.filename.replace("\\", "/").rpartition("/")[2]
        data = upload.stream.read(LARGEST + 1)
    else:
        name, data = request.form.get("name", ""), _unpack(request.form.get("table", ""))
    if len(data) > LARGEST:
        raise Problem(INVALID, f"the table has more than {LARGEST >> 20} MiB; export fewer columns or sections")
    return data, name[:200]


def _pack(data: bytes) -> str:
    return b64encode(zlib.compress(data, 9)).decode()


def _unpack(packed: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(b64decode(packed, validate=True), LARGEST + 1)
    except (NotBase64, zlib.error):
        raise Problem(INVALID, "the table of the form is damaged; choose the file again") from None


def _download(table: FilledTable, name: str) -> Response:
    stem = "".join(char for char in name.removesuffix(".csv") if char.isalnum() or char in " ._-") or "gradebook"
    response = Response(table.filled.data, content_type="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{stem}-filled.csv")
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(course: str, assignment: str, fault: str = "", **values: Any) -> Response:
    """Show the form; `values` are the columns to choose from, and the table that has them."""
    return page(
        "staff/gradebook.html",
        422 if fault else 200,
        course=course,
        section="course",
        current=current(course, assignment),
        fault=fault,
        **values,
    )
