"""Submissions for staff: found, opened with their source and the whole verdict, cancelled, retried, deleted."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from grader.model.records import Job, Kind, State, Submission
from grader.model.verdict import Outcome
from grader.store.search import Filter
from grader.web import seeing
from grader.web.api import submissions
from grader.web.http import links
from grader.web.http.problems import NOT_FOUND, Problem
from grader.web.http.service import service
from grader.web.pages.layout import Pages, page
from grader.web.pages.sources import RAW, listing
from grader.web.pages.verdict import viewed
from grader.web.pages.visitor import staff

pages = Pages("staff_submissions", __name__)

_PAGE = 50
#: Submissions that one click lets wait again, about: as many pages are looked through, of so many.
_RETRIES, _PAGES_OF_RETRIES, _PAGE_OF_RETRIES = 400, 10, 200
#: A student's other attempts that are listed beside one.
_ATTEMPTS = 20
#: Of a student's name or an assignment's, characters that are looked for.
_LONGEST = 200


@pages.get("/courses/<course>/submissions")
def list_submissions(course: str) -> Response:
    """Those that are looked for, newest first."""
    staff(course)
    store, which = service().store, _filter(course)
    found = store.submissions.list(which, _PAGE, request.args.get("cursor") or None)
    mistakes = store.cohorts.read(course, which.assignment).mistakes if which.assignment else ()
    asked = {
        name: value
        for name in ("assignment", "student", "outcome", "state", "mistake")
        if (value := getattr(which, name)) is not None
    }
    return page(
        "staff/submissions.html",
        course=course,
        section="submissions",
        page=found,
        which=which,
        asked=asked,
        assignments=store.assignments.list(course),
        mistakes=mistakes,
        outcomes=[*Outcome],
        states=[*State],
        first=not request.args.get("cursor"),
        failed=which.state is State.SERVICE_FAILED or any(each.state is State.SERVICE_FAILED for each in found.items),
    )


@pages.get("/courses/<course>/submissions/<submission>")
def read_submission(course: str, submission: str) -> Response:
    """All that is known of one."""
    staff_ = staff(course)
    store, found = service().store, visible(course, submission)
    verdict, revision = seeing.verdict(found, staff_), store.assignments.get(course, found.revision)
    cells, start = store.listings.get(found.source_sha256), store.submissions.beginning(found, RAW)
    return page(
        "staff/submission.html",
        course=course,
        section="submissions",
        submission=found,
        position=store.jobs.position(Job(Kind.SUBMISSION, found.id)) if found.state is State.QUEUED else None,
        view=None if verdict is None else viewed(verdict, revision),
        found=found,
        heading=found.assignment if revision is None else revision.title,
        listing=None if start is None else listing(found.filename, start, found.size, cells, verdict),
        gone=start is None,
        attempts=store.submissions.list(
            Filter(course, assignment=found.assignment, student=found.student), _ATTEMPTS
        ).items,
        identical=store.submissions.many(store.submissions.identical(found.id, _ATTEMPTS)),
        link=links.verdict(found),
    )


@pages.get("/courses/<course>/submissions/<submission>/source")
def read_source(course: str, submission: str) -> Response:
    """The file as it was handed in."""
    staff(course)
    return submissions.download(visible(course, submission))


@pages.post("/courses/<course>/submissions/<submission>/cancel")
def cancel_submission(course: str, submission: str) -> Redirection:
    """Let it wait or run no more."""
    staff(course)
    service().store.submissions.cancel(visible(course, submission).id)
    return redirect(f"/courses/{course}/submissions/{submission}", 303)


@pages.post("/courses/<course>/submissions/<submission>/retry")
def retry_submission(course: str, submission: str) -> Redirection:
    """Grade one again that ended as service_failed."""
    staff(course, "submit")
    service().intake.retry(visible(course, submission).id)
    return redirect(f"/courses/{course}/submissions/{submission}", 303)


@pages.post("/courses/<course>/retry")
def retry_submissions(course: str) -> Response:
    """Grade all again that ended as service_failed, of the course or of one assignment."""
    staff(course, "submit")
    assignment = request.form.get("assignment", "").strip()[:_LONGEST] or None
    retried, cursor, more = 0, None, True
    for _ in range(_PAGES_OF_RETRIES):
        found = service().intake.retry_all(course, assignment, _PAGE_OF_RETRIES, cursor)
        retried, cursor = retried + len(found.items), found.next_cursor
        more = cursor is not None
        if not more or retried >= _RETRIES:
            break
    return page(
        "staff/retried.html", course=course, section="submissions", assignment=assignment, retried=retried, more=more
    )


@pages.get("/courses/<course>/submissions/<submission>/delete")
def confirm_deletion(course: str, submission: str) -> Response:
    """Ask once more."""
    staff(course)
    found = visible(course, submission)
    return page("staff/delete.html", course=course, section="submissions", submission=found)


@pages.post("/courses/<course>/submissions/<submission>/delete")
def delete_submission(course: str, submission: str) -> Redirection:
    """Delete it with all that belongs to it."""
    staff(course)
    service().store.submissions.delete(visible(course, submission).id)
    return redirect(f"/courses/{course}/submissions", 303)


def visible(course: str, submission: str) -> Submission:
    """A submission of the course; a Problem where there is none."""
    found = service().store.submissions.get(submission)
    if found is None or found.course != course:
        raise Problem(NOT_FOUND, f"there is no submission {submission}")
    return found


def _filter(course: str) -> Filter:
    """What was asked for; what is no outcome or no state is not asked for."""
    given = {name: value.strip()[:_LONGEST] for name, value in request.args.items() if value.strip()}
    outcome, state = given.get("outcome"), given.get("state")
    assignment = given.get("assignment")
    return Filter(
        course,
        assignment=assignment,
        student=given.get("student"),
        outcome=outcome if outcome in set(Outcome) else None,
        state=State(state) if state in set(State) else None,
        mistake=given.get("mistake") if assignment else None,
    )
