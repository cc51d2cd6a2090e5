"""A submission behind its link: its progress, then its verdict."""

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from flask import Response as Answer
from flask import redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.model.messages import Question
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.view import NamedLine, make_view
from backmark.grader.store.errors import MessageRefused
from backmark.grader.web import links, viewers
from backmark.grader.web.http import framing
from backmark.grader.web.http.problems import BUSY, NOT_FOUND, Problem
from backmark.grader.web.pages import cookies, submit_form
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.hand_in_terms import HandInTerms, read_hand_in_terms
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.lms_frames import allow_frames
from backmark.grader.web.pages.messages_view import StudentMessages
from backmark.grader.web.pages.sources import RAW, list_named, listing
from backmark.grader.web.pages.verdict_view import draw_submission
from backmark.grader.web.service import service
from backmark.grader.web.streaming import stream
from backmark.grader.web.usecases.submissions import find_place

pages = Pages("verdicts", __name__, guarded=False)

#: The most submissions that one page follows to the one that took their place; that one's page leads further.
_HOPS = 20


@pages.get("/verdicts/<token>")
def show(token: str) -> Answer:
    """Show the verdict, once there is one; until then the progress, kept up to date."""
    return _page(token, _load_submission(token))


@pages.post("/verdicts/<token>/questions")
def ask(token: str) -> Answer | Redirection:
    """Ask the staff about the verdict."""
    submission = _load_submission(token)
    service().limits.count(f"link-{submission.id}", "submit")
    if not framing.is_framed():
        # In a frame of an LMS there are no cookies. There the link is the guard: no other site can name it.
        cookies.guard.protect()
    fields = FormFields.of_request()
    question = fields.read(Question)
    if question is not None and not fields.faults:
        try:
            service().intake.ask(submission, question.text)
        except MessageRefused as error:
            fields.faults["text"] = str(error)
    if fields.faults:
        return _page(token, submission, fields)
    return redirect(f"/verdicts/{token}{_query()}#messages", 303)


def _page(token: str, submission: SubmissionRecord, sent: FormFields | None = None) -> Answer:
    """Show the page, with the form of a question as it was sent and its faults."""
    current_service, written = service(), viewers.conversation(submission, viewers.STUDENT)
    current = current_service.store.assignments.current(submission.course, submission.assignment)
    values: dict[str, Any] = {
        "found": submission,
        "title": submission.assignment if current is None else current.title,
        "terms": _read_terms(submission),
        "repeated": "repeated" in request.args,
        "again": submit_form.form_address(submission),
        "path": f"/verdicts/{token}",
        "query": _query(),
        "messages": StudentMessages.of(written),
        "bare": True,
    }
    verdict = viewers.verdict(submission, viewers.STUDENT) if submission.state is State.DONE else None
    if verdict is None:
        later = _link_successor(submission)
        return page(
            "progress.html",
            place=find_place(submission),
            later=later,
            held_back=_is_held_back(submission),
            **values,
        )
    view = make_view(verdict, _read_lines(submission, verdict))
    may_ask = not (written.open or current_service.intake.is_archived(submission.course))
    return page(
        "verdict.html",
        422 if sent else 200,
        view=view,
        drawing=draw_submission(view, submission, values["title"]),
        asking=Form.of("question", Question, None, sent) if may_ask or sent else None,
        **values,
    )


def _query() -> str:
    """Return the query by which a page in a frame knows the form that the submission came by; empty elsewhere."""
    form = request.args.get("form", "")
    return f"?{urlencode({'form': form})}" if form and framing.is_framed() else ""


def _read_terms(submission: SubmissionRecord) -> HandInTerms | None:
    """Return what holds for the student; None without a policy, or for a name that nobody checked."""
    if "!" in submission.student:
        return None
    return read_hand_in_terms(submission.course, submission.assignment, submission.student)


def _read_lines(submission: SubmissionRecord, verdict: Verdict) -> tuple[NamedLine, ...]:
    """Return the student's own lines that the verdict names; none if the file is gone."""
    store = service().store
    start, cells = store.submissions.beginning(submission, RAW), store.listings.get(submission.source_sha256)
    if start is None:
        return ()
    shown = listing(submission.filename, start, submission.size, cells, verdict)
    return () if shown.raw or shown.archive else list_named(shown, verdict)


@pages.get("/verdicts/<token>/events")
def follow(token: str) -> Answer:
    """Stream the progress as server-sent events: state and place, never the verdict."""
    submission = _load_submission(token)
    try:
        return stream(submission, viewers.seen_now(viewers.STUDENT), _encode_state)
    except Problem as problem:
        if problem.kind is not BUSY:
            raise
        # To a browser that is the end of it and no error; it then looks at the state now and then.
        return Answer(status=204)


@pages.get("/verdicts/<token>/state")
def look(token: str) -> Answer:
    """Send the latest state and place, for browsers that no connection can be held for."""
    answer = Answer(_encode_state(_load_submission(token)), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _link_successor(submission: SubmissionRecord) -> str | None:
    """Return the path of the submission that took the place of a superseded one; None if there is none any more."""
    later: SubmissionRecord | None = submission
    for _ in range(_HOPS):
        if later is None or later.superseded_by is None:
            break
        later = service().store.submissions.get(later.superseded_by)
    return None if later is None or later is submission else links.verdict(later)


def _load_submission(token: str) -> SubmissionRecord:
    name, current_service = links.read_verdict(token), service()
    current_service.limits.count(f"link-{name}", "read")
    submission = current_service.store.submissions.get(name)
    if submission is None:
        raise Problem(NOT_FOUND, "this submission was deleted")
    allow_frames(submission.course)
    return viewers.as_seen(submission, viewers.STUDENT)


def _is_held_back(submission: SubmissionRecord) -> bool:
    """Return True if the student waits for staff to publish the verdict, or for the file to be refused before that."""
    return submission.state is State.DONE and viewers.is_held_back(submission, viewers.STUDENT)


def _encode_state(submission: SubmissionRecord) -> bytes:
    place = find_place(submission)
    waits = {"position": None, "estimated_seconds": None} if place is None else asdict(place)
    ends = {"over": submission.state.terminal, "held_back": _is_held_back(submission)}
    return json.dumps({"state": submission.state, **ends, **waits}).encode()
