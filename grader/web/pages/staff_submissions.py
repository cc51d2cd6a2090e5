"""Submissions for staff: search, read with source and whole verdict, cancel, retry, delete."""

from itertools import chain

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.view import make_view
from backmark.grader.store.paging import cursor
from backmark.grader.store.search import Filter
from backmark.grader.web import links, viewers
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.pages import submissions_view
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.messages_view import SentForm, answer_forms, note_form
from backmark.grader.web.pages.sources import RAW, listing
from backmark.grader.web.pages.submissions_view import SubmissionChoice, SubmissionOrder
from backmark.grader.web.pages.verdict_view import draw_submission
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases import submissions
from backmark.grader.web.usecases.assignments import find_assignments
from backmark.grader.web.usecases.submissions import find_place

pages = Pages("staff_submissions", __name__)

#: Submissions that one click lets wait again, about: as many pages are looked through, of so many.
_RETRIES, _PAGES_OF_RETRIES, _PAGE_OF_RETRIES = 400, 10, 200
#: A student's other attempts that are listed beside one.
_ATTEMPTS = 20
#: Characters of an assignment's name.
_LONGEST = 200


@pages.get("/courses/<course>/submissions")
def list_submissions(course: str) -> Response:
    """List the submissions that match the search, newest first unless another order is asked for."""
    staff(course)
    store, choice = service().store, SubmissionChoice.read(course, request.args)
    matches, criteria = choice.find(), choice.criteria
    return page(
        "staff/submissions.html",
        course=course,
        section="submissions",
        page=matches,
        choice=choice,
        criteria=criteria,
        asked=choice.asked,
        limits=submissions_view,
        Order=SubmissionOrder,
        assignments=chain(*find_assignments(course)),
        mistakes=store.cohorts.recent(course, criteria.assignment).mistakes if criteria.assignment else (),
        outcomes=[*Outcome],
        states=[*State],
        failed=criteria.state is State.SERVICE_FAILED
        or any(item.state is State.SERVICE_FAILED for item in matches.items),
    )


@pages.get("/courses/<course>/submissions/<submission>")
def read_submission(course: str, submission: str) -> Response:
    """Show all that is known of a submission."""
    staff(course)
    return show_submission(course, submission)


def show_submission(course: str, submission: str, sent: SentForm | None = None) -> Response:
    """Show a submission to the staff who are signed in; a form that was `sent` to it has its faults."""
    store, record = service().store, find_submission(course, submission)
    verdict, revision = viewers.verdict(record, caller()), store.assignments.get(course, record.revision)
    choice = SubmissionChoice.read(course, request.args)
    following = store.submissions.list(
        choice.criteria if choice.asked else Filter(course, assignment=record.assignment),
        1,
        cursor(1000 * record.created),
    ).items
    cells, start = store.listings.get(record.source_sha256), store.submissions.beginning(record, RAW)
    heading = record.assignment if revision is None else revision.title
    written = store.messages.conversation(record)
    return page(
        "staff/submission.html",
        422 if sent else 200,
        course=course,
        section="submissions",
        submission=record,
        revision=revision,
        asked=choice.asked,
        following=following[0] if following else None,
        place=find_place(record),
        drawing=None if verdict is None else draw_submission(make_view(verdict), record, heading),
        listing=None if start is None else listing(record.filename, start, record.size, cells, verdict),
        gone=start is None,
        attempts=store.submissions.list(
            Filter(course, assignment=record.assignment, student=record.student), _ATTEMPTS
        ).items,
        identical=store.submissions.many(store.submissions.identical(record.id, _ATTEMPTS)),
        fresh=_tell_of_fresh_cases(record, verdict),
        link=links.verdict(record),
        written=written,
        answers=answer_forms(written.questions, sent),
        note=note_form(sent),
    )


@pages.get("/courses/<course>/submissions/<submission>/source")
def read_source(course: str, submission: str) -> Response:
    """Send the file as it was handed in."""
    staff(course)
    return submissions.download(find_submission(course, submission))


@pages.post("/courses/<course>/submissions/<submission>/cancel")
def cancel_submission(course: str, submission: str) -> Redirection:
    """Cancel a submission that waits or runs."""
    author = staff(course).author
    service().store.submissions.cancel(find_submission(course, submission).id, author)
    return redirect(f"/courses/{course}/submissions/{submission}", 303)


@pages.post("/courses/<course>/submissions/<submission>/ask-class")
def ask_class(course: str, submission: str) -> Redirection:
    """Ask everybody in the course about the fresh cases that a submission fails."""
    author, record = instructor(course).author, find_submission(course, submission)
    service().intake.ask_class(record, author)
    return redirect(f"/courses/{course}/submissions/{submission}#fresh", 303)


@pages.post("/courses/<course>/submissions/<submission>/retry")
def retry_submission(course: str, submission: str) -> Redirection:
    """Grade a submission again that ended as service_failed."""
    author = instructor(course).author
    service().intake.retry(find_submission(course, submission).id, author)
    return redirect(f"/courses/{course}/submissions/{submission}", 303)


@pages.post("/courses/<course>/retry")
def retry_submissions(course: str) -> Response:
    """Grade all submissions again that ended as service_failed, of the course or of one assignment."""
    instructor(course)
    assignment = request.form.get("assignment", "").strip()[:_LONGEST] or None
    retried, cursor, more = 0, None, True
    for _ in range(_PAGES_OF_RETRIES):
        batch = service().intake.retry_all(course, assignment, _PAGE_OF_RETRIES, cursor)
        retried, cursor = retried + len(batch.items), batch.next_cursor
        more = cursor is not None
        if not more or retried >= _RETRIES:
            break
    submissions.note_retries(course, assignment, retried)
    return page(
        "staff/retried.html", course=course, section="submissions", assignment=assignment, retried=retried, more=more
    )


@pages.get("/courses/<course>/submissions/<submission>/delete")
def confirm_deletion(course: str, submission: str) -> Response:
    """Ask for confirmation."""
    instructor(course, "read")
    record = find_submission(course, submission)
    return page("staff/delete.html", course=course, section="submissions", submission=record)


@pages.post("/courses/<course>/submissions/<submission>/delete")
def delete_submission(course: str, submission: str) -> Redirection:
    """Delete a submission with all that belongs to it."""
    author = instructor(course, "read").author
    service().store.submissions.delete(find_submission(course, submission).id, author)
    return redirect(f"/courses/{course}/submissions", 303)


def _tell_of_fresh_cases(record: SubmissionRecord, verdict: Verdict | None) -> str:
    """Return `failed` if the submission fails fresh cases, `asked` if the class is asked about them, else nothing."""
    failed = {place for flag in (verdict.flags if verdict else ()) for place in flag.cases or ()}
    if not failed:
        return ""
    asked = service().store.assignments.list_asked_of_all(record.course, record.revision)
    return "asked" if failed <= {*asked} else "failed"


def find_submission(course: str, submission: str) -> SubmissionRecord:
    """Return a submission of the course; raise Problem if there is none of that ID."""
    record = service().store.submissions.get(submission)
    if record is None or record.course != course:
        raise Problem(NOT_FOUND, f"there is no submission {submission}")
    return record
