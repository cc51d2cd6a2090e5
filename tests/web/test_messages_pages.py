"""Notes and questions on pages: a student asks behind a link, staff answer, and text stays text."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backmark.grader.model.messages import Answer, Note, QuestionState
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.terms import Override, Policy
from backmark.grader.store.store import Store
from backmark.grader.web import links
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.visitor import HOME, HTML, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

QUESTIONS = f"{HOME}/questions"
HOSTILE = "<b>Why</b> \u202e?\nline \x1b[31m two {{7*7}}"
SHOWN = "&lt;b&gt;Why&lt;/b&gt; \\u202e?\nline \\x1b[31m two {{7*7}}"
FRAMED = {**HTML, "Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def submission(portal: Asker, store: Store) -> SubmissionRecord:
    """A submission of Ada's with a verdict."""
    name = str(portal.submit().get_json()["id"])
    conclude(store, name)
    record = store.submissions.get(name)
    assert record is not None
    return record


@pytest.fixture
def link(app: Flask, submission: SubmissionRecord) -> str:
    """The path of the verdict's page."""
    with app.test_request_context():
        return str(links.verdict(submission))


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def send(app: Flask, link: str, text: str, **headers: str) -> TestResponse:
    """Ask by the form of the verdict's page."""
    client = app.test_client()
    guard = re.search(r'name="csrf_token" value="([^"]+)"', client.get(link).text)
    form = {"text": text, "csrf_token": guard[1] if guard else ""}
    return client.post(f"{link}/questions", data=form, headers=HTML | headers)


def page(app: Flask, link: str) -> str:
    """The verdict's page."""
    return app.test_client().get(link).text


def test_a_student_asks_and_reads_the_answer(app: Flask, store: Store, link: str, visitor: Visitor) -> None:
    assert "Ask about this verdict" in page(app, link)
    response = send(app, link, "Why 10?\r\nReally?")
    assert (response.status_code, response.headers["Location"]) == (303, f"{link}#messages")
    (question,) = store.messages.questions("course", QuestionState.OPEN).items
    assert question.text == "Why 10?\nReally?"
    waiting = page(app, link)
    assert "Waiting for an answer" in waiting
    assert "Send the question" not in waiting
    there = f"{HOME}/submissions/{question.submission}/questions/{question.id}/answer"
    refused = visitor.post(f"{there}?listed=open", QUESTIONS, text="So.", marks_changed="1")
    assert (refused.status_code, "The mark is the same as at the time of the question." in refused.text) == (422, True)
    assert "Your mark was changed" not in page(app, link)
    store.courses.set_override("course", question.assignment, Override(question.student, 0.5, "prof", "read again"))
    response = visitor.post(f"{there}?listed=open", QUESTIONS, text="So.", marks_changed="1")
    assert response.headers["Location"] == f"{QUESTIONS}?state=open"
    answered = page(app, link)
    assert "Your mark was changed" in answered
    assert "Send the question" in answered
    assert "No question waits for an answer." in visitor.get(QUESTIONS)
    assert 'value="1" checked' in visitor.get(f"{QUESTIONS}?state=marks_changed")
    assert "#override" in visitor.get(f"{QUESTIONS}?state=marks_changed")


def test_the_header_counts_open_questions(store: Store, submission: SubmissionRecord, visitor: Visitor) -> None:
    assert 'class="count"' not in visitor.get(HOME)
    store.messages.ask(submission, "Why?")
    assert '<span class="count">1<span class="unseen"> open</span></span>' in visitor.get(HOME)


def test_text_stays_text_wherever_it_is_shown(
    app: Flask, store: Store, submission: SubmissionRecord, link: str, visitor: Visitor
) -> None:
    note = store.messages.add_note(submission.id, Note(HOSTILE, HOSTILE))
    asked = store.messages.ask(submission, HOSTILE)
    assert asked is not None
    store.messages.answer(submission.id, asked[0].id, Answer(HOSTILE, HOSTILE))
    staff_page = visitor.get(f"{HOME}/submissions/{submission.id}")
    for shown, times in ((page(app, link), 3), (staff_page, 3), (visitor.get(f"{QUESTIONS}?state=answered"), 2)):
        assert shown.count(SHOWN) >= times
        assert "<b>Why" not in shown
        assert "checked" not in shown
        # A field holds the text that it was given.
        assert "\u202e" not in re.sub(r"(?s)<textarea.*?</textarea>", "", shown)
    assert note is not None
    assert note.id not in page(app, link)


def test_a_student_sees_no_id_of_a_question(app: Flask, store: Store, submission: SubmissionRecord, link: str) -> None:
    asked = store.messages.ask(submission, "Why?")
    assert asked is not None
    assert asked[0].id not in page(app, link)


@pytest.mark.parametrize(("text", "sentence"), [(" ", "Your question is missing."), ("x" * 2001, "at most 2,000 char")])
def test_what_is_wrong_with_a_question_is_said(app: Flask, store: Store, link: str, text: str, sentence: str) -> None:
    response = send(app, link, text)
    assert (response.status_code, sentence in response.text) == (422, True)
    assert store.messages.count_open("course") == 0


def test_a_second_question_is_refused_and_not_lost(
    app: Flask, store: Store, submission: SubmissionRecord, link: str
) -> None:
    client = app.test_client()
    guard = re.search(r'name="csrf_token" value="([^"]+)"', client.get(link).text)
    assert guard is not None
    store.messages.ask(submission, "Why?")
    form = {"text": "And this?", "csrf_token": guard[1]}
    response = client.post(f"{link}/questions", data=form, headers=HTML)
    assert (response.status_code, "is open" in response.text, "And this?" in response.text) == (422, True, True)
    form = {"text": "Why?", "csrf_token": guard[1]}
    assert client.post(f"{link}/questions", data=form, headers=HTML).status_code == 303
    assert store.messages.count_open("course") == 1


def test_the_form_is_guarded_and_in_a_frame_the_link_is_the_guard(app: Flask, link: str) -> None:
    client = app.test_client(use_cookies=False)
    assert client.post(f"{link}/questions", data={"text": "Why?"}, headers=HTML).status_code == 400
    assert "csrf_token" not in client.get(link, headers=FRAMED).text
    assert client.post(f"{link}/questions", data={"text": "Why?"}, headers=FRAMED).status_code == 303
    assert client.post(f"{link[:-3]}/questions", data={"text": "Why?"}, headers=FRAMED).status_code == 404


def test_staff_leave_and_remove_a_note(
    app: Flask, store: Store, submission: SubmissionRecord, link: str, visitor: Visitor
) -> None:
    there = f"{HOME}/submissions/{submission.id}"
    assert visitor.post(f"{there}/notes", there, text="").status_code == 422
    assert visitor.post(f"{there}/notes", there, text="Well done.").status_code == 303
    assert "Well done." in page(app, link)
    (note,) = store.messages.conversation(submission).notes
    assert visitor.post(f"{there}/notes/{note.id}/remove", there).status_code == 303
    assert "Well done." not in page(app, link)


def test_a_note_is_read_before_there_is_a_verdict(app: Flask, portal: Asker, store: Store) -> None:
    record = store.submissions.get(portal.submit("bob").get_json()["id"])
    assert record is not None
    store.messages.add_note(record.id, Note("We look into it.", "prof"))
    with app.test_request_context():
        shown = page(app, str(links.verdict(record)))
    assert "We look into it." in shown
    assert "Send the question" not in shown


def test_while_verdicts_are_held_back_the_page_has_no_messages(
    app: Flask, store: Store, submission: SubmissionRecord, link: str
) -> None:
    store.messages.add_note(submission.id, Note("8 of 10", "prof"))
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    assert "8 of 10" not in page(app, link)
    assert "Your question" not in page(app, link)


def test_in_an_archived_course_the_page_has_messages_and_no_form(
    app: Flask, store: Store, submission: SubmissionRecord, link: str
) -> None:
    store.messages.add_note(submission.id, Note("Well done.", "prof"))
    store.course_records.get("course")
    store.course_records.change("course", lambda course: replace(course, archived=1.0), "prof")
    shown = page(app, link)
    assert ("Well done." in shown, "Your question" in shown) == (True, False)


def test_an_answer_that_cannot_be_is_shown_again_on_the_page_of_the_submission(
    store: Store, submission: SubmissionRecord, visitor: Visitor
) -> None:
    asked = store.messages.ask(submission, "Why?")
    assert asked is not None
    there = f"{HOME}/submissions/{submission.id}"
    response = visitor.post(
        f"{there}/questions/{asked[0].id}/answer?listed=open", QUESTIONS, text="", marks_changed="1"
    )
    assert (response.status_code, "Answer is missing." in response.text) == (422, True)
    assert "What was handed in" in response.text
    assert re.search(r'name="marks_changed" value="1" checked', response.text)
    assert visitor.post(f"{there}/questions/nothing/answer", QUESTIONS, text="So.").status_code == 404
