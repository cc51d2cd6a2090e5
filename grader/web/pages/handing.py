"""Where students hand in: the form behind a link, and on to the page on which it is graded."""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from flask import redirect, request, session
from pydantic import TypeAdapter, ValidationError
from werkzeug.wrappers import Response

from grader.store.records import Job, Kind, Revision, Submission
from grader.store.searching import Filter
from grader.store.submissions import New
from grader.stored import settings
from grader.web.handing import FileName
from grader.web.pages import links
from grader.web.pages.layout import Pages, page
from grader.web.pages.links import HandIn
from grader.web.problems import NOT_FOUND, Problem
from grader.web.schemas import Name
from grader.web.service import service

pages = Pages("handing", __name__)

_FILENAME: TypeAdapter[str] = TypeAdapter(FileName)
_STUDENT: TypeAdapter[str] = TypeAdapter(Name)
#: Earlier submissions that a student is reminded of.
_EARLIER = 10


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    """What is wrong with a form, and at which field."""

    field: str
    says: str


@pages.get("/hand-in/<token>")
def show_form(token: str) -> Response:
    """The form."""
    link = links.read_hand_in(token)
    return _form(token, link, _revision(link))


@pages.post("/hand-in/<token>")
def take(token: str) -> Response:
    """Take in what the form sends; the same form sent twice is one submission."""
    link, here = links.read_hand_in(token), service()
    counted = f"link-{sha256(token.encode()).hexdigest()[:16]}"
    here.limits.count(counted, "submit")
    revision = _revision(link)
    try:
        new = _new(link, revision)
    except _Refused as refused:
        return _form(token, link, revision, refused)
    here.limits.weigh(counted, len(new.source))
    accepted = here.store.submissions.accept(new)
    if not accepted.replayed:
        here.dispatcher.send(Job(Kind.SUBMISSION, accepted.id))
    session["hand-in"] = [link.course, link.assignment, token]
    found = here.store.submissions.get(accepted.id)
    if found is None:
        raise Problem(NOT_FOUND, "this submission was deleted")
    return redirect(str(links.verdict(found)), 303)


def again(found: Submission) -> str | None:
    """The form that this browser handed in a submission by, as far as it remembers; else None."""
    match session.get("hand-in"):
        case [found.course, found.assignment, str(token)]:
            return f"/hand-in/{token}"
    return None


def _form(token: str, link: HandIn, revision: Revision, refused: _Refused | None = None) -> Response:
    here = service()
    earlier: list[tuple[Submission, str | None]] = []
    if link.student is not None:
        which = Filter(link.course, link.assignment, link.student)
        earlier = [(each, links.verdict(each)) for each in here.store.submissions.list(which, _EARLIER).items]
    return page(
        "handing.html",
        200 if refused is None else 422,
        token=token,
        link=link,
        revision=revision,
        function=settings(revision.assignment)["function"],
        refused=refused,
        student=request.form.get("student", ""),
        once=token_urlsafe(12),
        earlier=earlier,
        most=here.settings.max_bytes,
        bare=True,
    )


def _revision(link: HandIn) -> Revision:
    found = service().store.assignments.current(link.course, link.assignment)
    if found is None:
        raise Problem(NOT_FOUND, f"there is no assignment {link.assignment} any more")
    return found


def _new(link: HandIn, revision: Revision) -> New:
    """What the form hands in; _Refused where something is missing."""
    student = link.student or _student(request.form.get("student", "").strip())
    file = request.files.get("file")
    # Some browsers send the folders as well.
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2] if file else ""
    if file is None or not name:
        raise _Refused("file", "Choose a file first.")
    try:
        _FILENAME.validate_python(name)
    except ValidationError:
        raise _Refused("file", "The file's name has characters that cannot be shown. Rename it, please.") from None
    source = file.stream.read()
    if not source:
        raise _Refused("file", "This file is empty. Was it saved?")
    # With the file in it: who goes back, and chooses another one, hands that in.
    key = f"{request.form.get('once', '')[:64]} {sha256(source).hexdigest()}"
    once = (f"link {link.course} {link.assignment}", "page", f"{student} {key}", sha256(name.encode()).hexdigest())
    return New(link.course, link.assignment, revision.id, student, name, source, once)


def _student(given: str) -> str:
    try:
        return _STUDENT.validate_python(given)
    except ValidationError:
        says = "Letters, digits, and . _ @ + : = ~ - please." if given else "Say who you are."
        raise _Refused("student", says) from None
