"""The publication of a revision: its TOML, then its progress and outcome."""

import secrets
from hashlib import sha256

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from grader.model import fresh_places
from grader.model.records import RevisionRecord
from grader.model.words import KindWords
from grader.store.publications import NewPublication
from grader.subjects import folder, kinds
from grader.web.api.publications import LONGEST, read_assignment, require_author, usual_fresh
from grader.web.http.auth import caller
from grader.web.http.problems import NOT_FOUND, Problem
from grader.web.http.request_log import current_trace
from grader.web.http.service import service
from grader.web.pages.layout import Pages, page
from grader.web.pages.previews import words
from grader.web.pages.visitor import staff

pages = Pages("staff_publications", __name__)

#: Publications among which the last one of an assignment is looked for.
_LOOKED_AT = 100
_START = """id = "my-assignment"
title = "My assignment"
networks = 200
seed = 1

[ranges]
depth = [0, 6]
widths = [1, 8]
"""


@pages.get("/courses/<course>/publish")
def write_publication(course: str) -> Response:
    """Show the form, with something in it to start from."""
    staff(course)
    newest = service().store.publications.list(course, _LOOKED_AT).items
    before = next(
        (publication for publication in newest if publication.assignment_id == request.args.get("assignment")), None
    )
    # A new revision of one's own starts from the words of the last.
    return _form(course, before.toml if before else _START, str(before.fresh) if before else "", None)


@pages.post("/courses/<course>/publish")
def publish(course: str) -> Response | Redirection:
    """Record a publication and redirect to its page, or show the form again with its fault."""
    staff(course, "submit")
    upload, fresh = request.files.get("file"), request.form.get("fresh", "").strip()
    toml = request.form.get("toml", "").replace("\r\n", "\n")
    if upload is not None and upload.filename:
        toml = upload.stream.read(LONGEST + 1).decode("utf-8", "replace")
    toml = _read_folder() or toml
    if len(toml) > LONGEST:
        return _form(course, "", fresh, f"An assignment has at most {LONGEST:,} characters.")
    if fresh and not (fresh.isascii() and fresh.isdigit() and int(fresh[:9]) <= fresh_places.MOST):
        return _form(course, toml, fresh, f"Fresh cases are a whole number, {fresh_places.MOST} at most.")
    try:
        assignment = read_assignment(toml)
        require_author(assignment)
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
        raise Problem(NOT_FOUND, f"there is no publication {publication}")
    revision: RevisionRecord | None = (
        None if record.revision is None else store.assignments.get(course, record.revision)
    )
    return page(
        "staff/publication.html",
        course=course,
        section="course",
        publication=record,
        revision=revision,
        words=_words(record.toml) if revision is None else words(revision),
    )


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


def _words(toml: str) -> KindWords:
    """Return the words for the kind that a TOML names; the general ones if it cannot be read."""
    try:
        return kinds.words(read_assignment(toml).kind)
    except Problem:
        return KindWords()


def _form(course: str, toml: str, fresh: str, fault: str | None) -> Response:
    return page(
        "staff/publish.html",
        422 if fault else 200,
        course=course,
        section="course",
        toml=toml,
        fresh=fresh,
        most_fresh=fresh_places.MOST,
        fault=fault,
        once=secrets.token_hex(16),
        secret=service().settings.secret is not None,
    )
