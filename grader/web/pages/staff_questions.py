"""Messages between staff and students: the list of questions, their answers, and notes on submissions."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.model.messages import Answer, Note, QuestionState
from backmark.grader.store.errors import MessageRefused
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.pages.form_fields import FormFields
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.messages_view import SentForm, answer_forms
from backmark.grader.web.pages.staff_submissions import find_submission, show_submission
from backmark.grader.web.pages.visitor import staff
from backmark.grader.web.service import service

pages = Pages("staff_questions", __name__)

#: Questions on a page, each with its form.
_PAGE = 20
_STATES: Mapping[QuestionState, str] = MappingProxyType(
    {
        QuestionState.OPEN: "Open",
        QuestionState.ANSWERED: "Answered",
        QuestionState.MARKS_CHANGED: "Mark changed",
    }
)


@pages.get("/courses/<course>/questions")
def list_questions(course: str) -> Response:
    """Show the questions in a state, newest first: by default those that wait for an answer."""
    staff(course)
    state, cursor = _state(request.args.get("state", "")), request.args.get("cursor") or None
    questions = service().store.messages.questions(course, state, _PAGE, cursor)
    return page(
        "staff/questions.html",
        course=course,
        section="questions",
        state=state,
        states=_STATES,
        page=questions,
        first=cursor is None,
        forms=answer_forms(questions.items),
    )


@pages.post("/courses/<course>/submissions/<submission>/questions/<question>/answer")
def answer_question(course: str, submission: str, question: str) -> Response | Redirection:
    """Answer a question, and go back to the list or the submission; the latter shows what is wrong with the answer."""
    author, record = staff(course, "submit").author, find_submission(course, submission)
    fields = FormFields.of_request()
    answer = fields.read(Answer, author=author)
    if answer is not None and not fields.faults:
        try:
            if service().intake.answer(record, question, answer) is None:
                raise Problem(NOT_FOUND, f"there is no question {question}")
        except MessageRefused as refused:
            fields.faults["marks_changed"] = str(refused)
    if fields.faults:
        return show_submission(course, submission, SentForm(question, fields))
    if "listed" in request.args:
        return redirect(f"/courses/{course}/questions?state={_state(request.args['listed'])}", 303)
    return _back(course, submission)


@pages.post("/courses/<course>/submissions/<submission>/notes")
def add_note(course: str, submission: str) -> Response | Redirection:
    """Leave a note on a submission."""
    author, record = staff(course, "submit").author, find_submission(course, submission)
    fields = FormFields.of_request()
    note = fields.read(Note, author=author)
    if note is not None and not fields.faults:
        try:
            service().store.messages.add_note(record.id, note)
        except MessageRefused as error:
            fields.faults["text"] = str(error)
    if fields.faults:
        return show_submission(course, submission, SentForm("note", fields))
    return _back(course, submission)


@pages.post("/courses/<course>/submissions/<submission>/notes/<note>/remove")
def remove_note(course: str, submission: str, note: str) -> Redirection:
    """Remove a note."""
    author, record = staff(course, "submit").author, find_submission(course, submission)
    service().store.messages.remove_note(record.id, note, author)
    return _back(course, submission)


def _state(name: str) -> QuestionState:
    return QuestionState(name) if name in _STATES else QuestionState.OPEN


def _back(course: str, submission: str) -> Redirection:
    return redirect(f"/courses/{course}/submissions/{submission}#messages", 303)
