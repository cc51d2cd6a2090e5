"""The publication of a revision: from the gallery or of its TOML, then its progress and outcome."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.contracts import gallery
from backmark.grader.contracts.gallery import GalleryEntry
from backmark.grader.contracts.language import folder
from backmark.grader.model import fresh_groups
from backmark.grader.model.publications import Publication, RevisionRecord
from backmark.grader.store.publications import NewPublication
from backmark.grader.support.folding import fold
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.http.request_log import current_trace
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.publications import LONGEST, read_assignment, require_author, usual_fresh

pages = Pages("staff_publications", __name__)

#: Publications that are looked through for the text of a revision: pages, and how many on each.
_PAGES, _PAGE = 20, 50
#: Characters of a publication's id that are looked for.
_LONGEST_ID = 64
#: Characters of a search.
_LONGEST_SEARCH = 200
#: The parts of an address that open a text: one's own from the start, of the gallery, of a revision, of a request.
_OPENED = frozenset({"own", "shipped", "assignment", "publication"})
#: The ID of the text that the form starts with; what it has where the folder lies.
_ID, _START_ID = 'id = "my-assignment"', 'id = "linear-layer"'


@pages.get("/courses/<course>/publish")
def write_publication(course: str) -> Response:
    """Show the gallery to publish from, or the form with the text that the address names."""
    instructor(course, "read")
    if not _OPENED & set(request.args):
        return _gallery(course)
    before, assignment = _find_publication(course), request.args.get("assignment", "")
    shipped = _read_shipped(request.args.get("shipped", "" if before else assignment))
    if before is not None:
        return _form(course, before.toml, str(before.fresh), None)
    lost = bool(assignment and not shipped and service().store.assignments.current(course, assignment))
    return _form(course, shipped or _read_start(), "", None, lost=assignment if lost else "")


@pages.post("/courses/<course>/publish")
def publish(course: str) -> Response | Redirection:
    """Record a publication and redirect to its page, or show the form again with its fault."""
    instructor(course)
    toml, fresh = _read_sent(), request.form.get("fresh", "").strip()
    if len(toml) > LONGEST:
        return _form(course, "", fresh, f"An assignment has at most {LONGEST:,} characters.")
    if fresh and not (fresh.isascii() and fresh.isdigit() and int(fresh[:9]) <= fresh_groups.MOST):
        return _form(
            course, toml, fresh, f"The number of fresh cases must be a whole number, at most {fresh_groups.MOST}."
        )
    try:
        assignment = read_assignment(toml)
        require_author(assignment, toml)
    except Problem as problem:
        return _form(course, toml, fresh, problem.detail)
    fresh_cases = int(fresh) if fresh else usual_fresh(assignment)
    # Sent twice by a second click, it is one; sent again after a change, it is another.
    digest = sha256(f"{fresh}\n{toml}".encode()).hexdigest()
    key = (caller().token.id, "publish", f"{request.form.get('once', '')[:64]}:{digest}", digest)
    new = NewPublication(course, assignment.id, toml, fresh_cases, key, current_trace(), caller().author)
    publication = service().intake.publish(new)
    return redirect(f"/courses/{course}/publications/{publication.id}", 303)


@pages.get("/courses/<course>/publications/<publication>")
def read_publication(course: str, publication: str) -> Response:
    """Show a publication's progress and outcome."""
    staff(course)
    store = service().store
    record = store.publications.get(publication)
    if record is None or record.course != course:
        raise Problem(NOT_FOUND, f"there is no request {publication} to publish")
    revision: RevisionRecord | None = (
        None if record.revision is None else store.assignments.get(course, record.revision)
    )
    return page(
        "staff/publication.html",
        course=course,
        section="course",
        publication=record,
        revision=revision,
    )


def _find_publication(course: str) -> Publication | None:
    """Return the publication of the query, or the one that the current revision of its assignment comes from."""
    publications = service().store.publications
    asked = publications.get(request.args.get("publication", "")[:_LONGEST_ID])
    if asked is not None and asked.course == course:
        return asked
    assignment = request.args.get("assignment", "")
    current = service().store.assignments.current(course, assignment)
    if not assignment or (current is not None and current.course != course):
        return None
    cursor = None
    for _ in range(_PAGES):
        batch = publications.list(course, _PAGE, cursor)
        for publication in batch.items:
            # Until one is published, the newest that was asked for.
            if publication.assignment == assignment and current is None:
                return publication
            if current is not None and publication.revision == current.id:
                return publication
        cursor = batch.next_cursor
        if cursor is None:
            break
    return None


def _read_sent() -> str:
    """Return the text to publish: of the entry of the gallery, else of the folder, the file or the field of the form.

    Raises Problem if no such entry ships.
    """
    if (shipped := request.form.get("shipped")) is not None:
        if not (text := _read_shipped(shipped)):
            raise Problem(NOT_FOUND, "this assignment does not ship with Backmark")
        return text
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return _read_folder() or upload.stream.read(LONGEST + 1).decode("utf-8", "replace")
    return _read_folder() or request.form.get("toml", "").replace("\r\n", "\n")


def _read_shipped(assignment: str) -> str:
    """Return the text of an assignment that ships with Backmark; empty if none has this id."""
    shipped = gallery.find_folder(assignment) if assignment in gallery.list_names() else None
    return "" if shipped is None else folder.bundle(shipped)


def _read_start() -> str:
    """Return the text of an assignment that works, to start from."""
    return folder.bundle(gallery.find_start()).replace(_START_ID, _ID, 1)


def _read_folder() -> str:
    """Return the text of the folder that was chosen; empty if none was, or if it holds no assignment."""
    files: dict[str, str] = {}
    left = LONGEST
    for upload in request.files.getlist("folder"):
        # A browser sends each file's path, the folder's own name first.
        name = (upload.filename or "").partition("/")[2]
        if name == folder.NAME or folder.FILES.fullmatch(name):
            files[name] = upload.stream.read(left + 1).decode("utf-8", "replace")
            left = max(0, left - len(files[name]))
    return folder.join(files.pop(folder.NAME), files) if folder.NAME in files else ""


def _gallery(course: str) -> Response:
    """Show the assignments that ship, by course, with those that a search finds."""
    search = request.args.get("search", "").strip()[:_LONGEST_SEARCH]
    return page(
        "staff/gallery.html",
        course=course,
        section="course",
        search=search,
        origins=_find_shipped(search),
        published={revision.assignment_id for revision in service().store.assignments.list(course)},
        once=secrets.token_hex(16),
    )


def _find_shipped(search: str) -> Sequence[tuple[str, Sequence[GalleryEntry]]]:
    """Return the assignments that ship whose title, id, course or convention has a text, by origin."""
    part = fold(search)
    chosen = [
        entry
        for entry in gallery.list_gallery()
        if part in fold("\n".join((entry.title, entry.id, entry.origin, entry.course, entry.convention, *entry.names)))
    ]
    # What is of no course comes last.
    chosen.sort(key=lambda entry: (entry.origin == gallery.NO_COURSE, fold(entry.origin), entry.title))
    return [(origin, list(entries)) for origin, entries in groupby(chosen, lambda entry: entry.origin)]


def _form(course: str, toml: str, fresh: str, fault: str | None, *, lost: str = "") -> Response:
    """Show the form; `lost` is the id of an assignment whose text is not kept."""
    return page(
        "staff/publish.html",
        422 if fault else 200,
        course=course,
        section="course",
        toml=toml,
        fresh=fresh,
        most_fresh=fresh_groups.MOST,
        fault=fault,
        lost=lost,
        once=secrets.token_hex(16),
        secret=service().settings.secret is not None,
    )
