"""The form behind a link by which students hand in, and the redirect to the verdict's page."""

from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe

from flask import Response as Answer
from flask import g, redirect, request, session
from pydantic import TypeAdapter, ValidationError
from werkzeug.wrappers import Response

from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.errors import SubmissionError
from backmark.grader.lti.identity import is_test_student
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import links, viewers
from backmark.grader.web.http import clients, framing
from backmark.grader.web.http.bodies import allow_unbuffered
from backmark.grader.web.http.limits import Sender
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.http.request_log import current_trace
from backmark.grader.web.http.schemas import FileName, Name
from backmark.grader.web.links import HandIn
from backmark.grader.web.pages import browsers, cookies, lms_names
from backmark.grader.web.pages.hand_in_terms import HandInTerms, read_hand_in_terms
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.lms_frames import allow_frames
from backmark.grader.web.pages.sentences import (
    CHOOSE_FILE,
    EMPTY_FILE,
    ENTER_ID,
    LINK_TAKES_NONE,
    RENAME_FILE,
    USE_STUDENT_ID,
)
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import respond_kit
from backmark.grader.web.usecases.marks import read_marking

pages = Pages("submit_form", __name__, guarded=False)

_FILENAME: TypeAdapter[str] = TypeAdapter(FileName)
_STUDENT: TypeAdapter[str] = TypeAdapter(Name)
#: Earlier submissions that a student is reminded of.
_EARLIER = 10


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    """A fault of a form, and its field."""

    field: str
    says: str


@pages.get("/hand-in/<token>")
def show_form(token: str) -> Response:
    """Show the form."""
    link = _read_link(token)
    if link.student is not None or browsers.read_id() is not None:
        return _form(link, _revision(link))
    # A new browser may have as much refused as any other, so each counts against the address that it comes from.
    limits, sender = service().limits, _address()
    limits.admit(sender)
    limits.refuse(sender)
    answer = _form(link, _revision(link))
    browsers.remember(answer, browsers.make_id())
    return answer


@pages.get("/hand-in/<token>/kit")
def download_kit(token: str) -> Response:
    """Send the kit without the solution, if staff offer it and the assignment is open."""
    link, limits = _read_link(token), service().limits
    sender = _sender(link, browsers.read_id())
    limits.admit(sender)
    g.sender = sender
    revision, terms = _revision(link), read_hand_in_terms(link.course, link.assignment, link.student)
    if not _offers_kit(link, revision, terms):
        raise Problem(NOT_FOUND, "the staff of the course offer no kit for this assignment now")
    return respond_kit(revision, with_solution=False)


@pages.post("/hand-in/<token>")
def take(token: str) -> Response:
    """Take in what the form sends; the same form sent twice is one submission."""
    link, current_service, browser = _read_link(token), service(), browsers.read_id()
    sender = _sender(link, browser)
    # Before anything of the body is read.
    current_service.limits.admit(sender)
    g.sender = sender
    request.max_content_length = current_service.settings.max_bytes
    allow_unbuffered()
    if link.student is None:
        # A personal link is a secret, which no other site can name: it is the guard, and works without cookies.
        cookies.guard.protect()
    revision, browser = _revision(link), browser or browsers.make_id()
    if links.times(link).hands_in <= current_service.store.time():
        return _form(link, revision, _Refused("file", LINK_TAKES_NONE))
    try:
        accepted = current_service.intake.accept(_new(link, revision, browser))
    except _Refused as refused:
        return _form(link, revision, refused)
    except SubmissionError as error:
        return _form(link, revision, _Refused("file", f"{error} It used up no attempt."))
    submission = current_service.store.submissions.get(accepted.id)
    if submission is None:
        raise Problem(NOT_FOUND, "this submission was deleted")
    address = _verdict_address(submission, link, token)
    if accepted.identical:
        address += f"{'&' if '?' in address else '?'}repeated="
    answer = redirect(address, 303)
    if link.student is None:
        browsers.remember(answer, browser)
    return answer


@pages.after_request
def count_refused(answer: Answer) -> Answer:
    """Count a request to hand in that was looked at and refused, against its sender."""
    sender: Sender | None = g.get("sender")
    if sender is not None and HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        service().limits.refuse(sender)
    return answer


def _sender(link: HandIn, browser: str | None) -> Sender:
    if link.student is not None:
        return Sender("student", (link.course, link.student))
    return _address() if browser is None else Sender("browser", (browser,))


def _address() -> Sender:
    return Sender("address", (clients.address(service().settings.proxy_networks),))


def _read_link(token: str) -> HandIn:
    link = links.open_hand_in(token)
    # First, so that a link that has expired says so in the LMS's frame, too.
    allow_frames(link.course)
    return links.check_hand_in(link)


def _verdict_address(submission: SubmissionRecord, link: HandIn, token: str) -> str:
    """Return where the sender goes on; the way back is in a cookie, or in the address where a frame allows none."""
    path = str(links.verdict(submission))
    if link.student is not None and framing.is_framed():
        # Nobody sees the address of a frame, so it is not passed on with the result's.
        return f"{path}?form={token}"
    session["hand-in"] = [link.course, link.assignment, token]
    return path


def form_address(submission: SubmissionRecord) -> str | None:
    """Return the address of the form that this browser sent a submission by; None if it does not remember it."""
    token = request.args.get("form", "")
    if token and framing.is_framed():
        link = links.open_hand_in(token)
        sent = (submission.course, submission.assignment, submission.student)
        return f"/hand-in/{token}" if (link.course, link.assignment, link.student) == sent else None
    match session.get("hand-in"):
        case [submission.course, submission.assignment, str(token)]:
            return f"/hand-in/{token}"
    return None


def preview(course: str, assignment: str, student: str | None) -> Response:
    """Show the form as a student sees it, or whoever has no name; nothing can be handed in by it."""
    until = service().store.time() + service().settings.link_days * 86_400
    link = HandIn(course, assignment, student, until, endings="", lasting=True)
    return _form(link, _revision(link), shown_to_staff=True)


def _form(
    link: HandIn, revision: RevisionRecord, refused: _Refused | None = None, *, shown_to_staff: bool = False
) -> Response:
    current_service = service()
    earlier: list[tuple[SubmissionRecord, str | None]] = []
    if link.student is not None:
        criteria = Filter(link.course, link.assignment, link.student)
        earlier = [
            (viewers.as_seen(submission, viewers.STUDENT), links.verdict(submission))
            for submission in current_service.store.submissions.list(criteria, _EARLIER).items
        ]
    course = current_service.store.course_records.settings(link.course)
    known = read_settings(revision.assignment)
    terms = read_hand_in_terms(link.course, link.assignment, link.student)
    marking = None
    if earlier and link.student is not None:
        marking = terms.marking if terms else read_marking(link.course, link.assignment, link.student)
    return page(
        "submit_form.html",
        200 if refused is None else 422,
        person=None if link.student is None else lms_names.person_name(link.course, link.student),
        link=link,
        times=links.times(link),
        now=terms.now if terms else current_service.store.time(),
        revision=revision,
        # Of a contract's functions the last that is called comes first.
        functions=[*reversed(known["entries"])],
        package=known["package"],
        refused=refused,
        student=request.form.get("student", ""),
        once=token_urlsafe(12),
        earlier=earlier,
        most=current_service.settings.max_bytes,
        terms=terms,
        counting=None if marking is None or marking.overridden else marking.submission,
        late=terms.late if terms else {},
        shown_to_staff=shown_to_staff,
        previews=link.student is not None and is_test_student(link.student),
        kit=_offers_kit(link, revision, terms),
        contact=course.contact,
        archived=course.is_archived(current_service.store.time()),
        bare=True,
    )


def _offers_kit(link: HandIn, revision: RevisionRecord, terms: HandInTerms | None) -> bool:
    """Return True if staff offer the kit, and the assignment is open or was."""
    opened = terms is None or not terms.not_open
    return opened and service().store.assignments.offers_kit(link.course, revision)


def _revision(link: HandIn) -> RevisionRecord:
    revision = service().store.assignments.current(link.course, link.assignment)
    if revision is None:
        raise Problem(NOT_FOUND, f"there is no assignment {link.assignment} any more")
    return revision


def _new(link: HandIn, revision: RevisionRecord, browser: str) -> NewSubmission:
    """Return the submission that the form sends; raise _Refused if something is missing."""
    student = link.student or browsers.qualify_name(_student(request.form.get("student", "").strip()), browser)
    file = request.files.get("file")
    # Some browsers send the folders as well.
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2] if file else ""
    if file is None or not name:
        raise _Refused("file", CHOOSE_FILE)
    try:
        _FILENAME.validate_python(name)
    except ValidationError:
        raise _Refused("file", RENAME_FILE) from None
    source = file.stream.read()
    if not source:
        raise _Refused("file", EMPTY_FILE)
    # With the file in it: who goes back, and chooses another one, hands that in.
    key = f"{request.form.get('once', '')[:64]} {sha256(source).hexdigest()}"
    once = (f"link {link.course} {link.assignment}", "page", f"{student} {key}", sha256(name.encode()).hexdigest())
    limits, size = service().limits, len(source)
    if link.student is None:
        shares = limits.by_browser(browser, size)
        shares += limits.by_class((link.course, link.assignment, str(link.until)), size)
    else:
        shares = limits.by_student(link.course, link.student, size)
    return NewSubmission(
        *(link.course, link.assignment, revision.id, student, name, source, once, shares),
        trace=current_trace(),
        browser=browser if link.student is None else None,
        once=True,
        link=link.series,
    )


def _student(name: str) -> str:
    try:
        return _STUDENT.validate_python(name)
    except ValidationError:
        raise _Refused("student", USE_STUDENT_ID if name else ENTER_ID) from None
