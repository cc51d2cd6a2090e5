"""The code of an assignment as a ZIP file for JPlag and Dolos: a folder a student, and `info.csv`.

Nothing of a student's is parsed here, and no archive is opened: the cells of a notebook and the files of a package are
those that the jail found (grader/store/listings.py).
"""

import re
from collections.abc import Iterator
from itertools import chain, count
from typing import NamedTuple

from flask import Response

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.reports import spreadsheets
from backmark.grader.reports.marks_table import MarkedStudent, iso
from backmark.grader.store.listings import CodeListing
from backmark.grader.store.store import Store
from backmark.grader.support.file_formats import is_archive
from backmark.grader.web.service import note_act, service
from backmark.grader.web.usecases.archives import send_archive
from backmark.grader.web.usecases.assignments import current
from backmark.grader.web.usecases.marks import read_marks

#: The columns that Dolos reads, and what else staff want to know of a file.
HEADER = ("filename", "full_name", "label", "created_at", "student", "submission")
#: The columns of the table of those whose code the file lacks, or has in part.
_INCOMPLETE = ("student", "submission", "code")
#: What a name of a file or a folder may have on any system; all else is an underscore.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+=!~-]")
#: A line that IPython runs and Python cannot read.
_MAGIC = re.compile(r"^(?=[%?]|!(?!=))", re.MULTILINE)


class _Code(NamedTuple):
    """The Python files of a submission by their paths; `whole` is False if some are left out or cut."""

    files: list[tuple[str, bytes]]
    whole: bool = True


def send_code(course: str, assignment: str) -> Response:
    """Send the code of the attempts that count; the log says who asked. Raises Problem for an unknown assignment."""
    current(course, assignment)
    files = _files(service().store, course, assignment)
    return send_archive(f"code-{course}-{assignment}.zip", files, lambda: note_act(course, "code.export", assignment))


def _files(store: Store, course: str, assignment: str) -> Iterator[tuple[str, bytes]]:
    """Yield each student's files, then the tables of them."""
    rows: list[tuple[str | None, ...]] = []
    incomplete: list[tuple[str, str, str]] = []
    folders: set[str] = set()
    for student in read_marks(course, assignment).students:
        submission = store.submissions.get(student.marking.submission or "")
        source = None if submission is None else store.submissions.content(submission.source_sha256)
        if submission is None or source is None:
            continue
        code = _read_code(submission, source, store.listings.get(submission.source_sha256))
        folder = choose_unused(submission.student, folders)
        for path, content in code.files:
            yield f"{folder}/{path}", content
            rows.append(_row(f"{folder}/{path}", student, submission))
        if submission.filename.lower().endswith(".ipynb"):
            yield f"{folder}/notebook.ipynb", source
        if not code.whole:
            incomplete.append((submission.student, submission.id, "in part" if code.files else "none"))
    yield "info.csv", b"".join(spreadsheets.table(HEADER, rows))
    if incomplete:
        yield "incomplete.csv", b"".join(spreadsheets.table(_INCOMPLETE, incomplete))


def _row(path: str, student: MarkedStudent, submission: SubmissionRecord) -> tuple[str | None, ...]:
    name, section = (student.entry.name, student.entry.section) if student.entry else ("", None)
    return path, name or submission.student, section, iso(submission.created), submission.student, submission.id


def _read_code(submission: SubmissionRecord, source: bytes, listing: CodeListing | None) -> _Code:
    """Return a package's files, a notebook's cells in one file, or the file itself."""
    if listing is not None and listing.names:
        used: set[str] = set()
        stems = ((listing.name(number).removesuffix(".py"), text) for number, text in listing.cells)
        return _Code([(f"{choose_unused(stem, used)}.py", text.encode()) for stem, text in stems], listing.whole)
    if listing is not None:
        cells = (f"# %% cell {number}\n{_MAGIC.sub('# ', text)}\n" for number, text in listing.cells)
        return _Code([("code.py", "\n".join(cells).encode())], listing.whole)
    if is_archive(source) or submission.filename.lower().endswith(".ipynb"):
        return _Code([], whole=False)
    return _Code([("code.py", source)])


def choose_unused(name: str, used: set[str]) -> str:
    """Return a name for a file or a folder that none has, in either case of its letters, and note it as used."""
    safe = _UNSAFE.sub("_", name).strip(".") or "_"
    names = chain([safe], (f"{safe}~{number}" for number in count(2)))
    chosen = next(candidate for candidate in names if candidate.casefold() not in used)
    used.add(chosen.casefold())
    return chosen
