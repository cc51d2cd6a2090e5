"""Questions: what students ask about a verdict, and what staff answer."""

from flask import Response
from pydantic import Field

from backmark.grader.model.fields import faults
from backmark.grader.model.messages import Answer, Question, QuestionState
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import CoursePath, visible_course
from backmark.grader.web.api.submission_paths import SubmissionPath, raise_not_found, visible_submission
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, list_model, response_model, serve
from backmark.grader.web.http.problems import CONFLICT, NOT_FOUND, Problem, refuse_faults
from backmark.grader.web.http.resource import PREFIX, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_list, respond_plain
from backmark.grader.web.http.schemas import Id, Query
from backmark.grader.web.service import service

resource = Resource("questions", __name__, description="Questions of students about verdicts, and their answers.")

_QuestionsResponse = list_model(Question, "A page of a course's questions, newest first.", paged=True)


class QuestionsQuery(Query):
    """The query of a course's questions."""

    state: QuestionState = Field(default=QuestionState.OPEN, description="The state of the questions to return.")
    limit: int = Field(default=50, ge=1, le=200, description="The largest number of questions to return.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="The `next` of the previous page, to continue there.",
    )


class QuestionPath(SubmissionPath):
    """The path of a question."""

    question_id: Id


@resource.operation(
    "GET",
    "/courses/<course>/questions",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_QuestionsResponse, description="A page, newest first.", paged=True)},
)
def list_questions(path: CoursePath, query: QuestionsQuery) -> Response:
    """List the questions of a course in one state; by default, questions that wait for an answer."""
    page = service().store.messages.questions(visible_course(path), query.state, query.limit, query.cursor)
    return respond_list(_QuestionsResponse, map(serve, page.items), page.next_cursor)


@resource.operation(
    "POST",
    "/submissions/<submission_id>/questions",
    scope=Scope.SUBMIT,
    weight="submit",
    responses={
        200: ResponseDoc(response_model(Question), description="The same question is open already."),
        201: ResponseDoc(
            response_model(Question),
            description="Asked.",
            headers={"Location": "The address of the submission, which contains its questions."},
        ),
    },
    problems=(CONFLICT,),
)
def ask_question(path: SubmissionPath, body: NounRequest[Question]) -> Response:
    """Ask a question about a verdict, for the student of the submission.

    If there is no verdict, or another question about the submission is open, the answer is 409. Read staff's answer
    in the submission.
    """
    submission = visible_submission(path.submission_id)
    refuse_faults(faults(body.make(), ("text",)))
    question, is_new = service().intake.ask(submission, body.make().text) or raise_not_found(submission.id)
    response = respond_plain(serve(question), 201 if is_new else 200)
    response.headers["Location"] = f"{PREFIX}/submissions/{submission.id}"
    return response


@resource.operation(
    "PUT",
    "/submissions/<submission_id>/questions/<question_id>/answer",
    scope=Scope.ASSIST,
    weight="submit",
    responses={200: ResponseDoc(response_model(Answer), description="The answer that was given.")},
    problems=(CONFLICT,),
)
def answer_question(path: QuestionPath, body: NounRequest[Answer]) -> Response:
    """Answer a question, in place of an earlier answer. The student reads the answer beside the verdict.

    With `marks_changed` the student reads that the mark was changed. If it is the mark of the time of the question, the
    answer is refused with 409: change the mark first, for example by an override.
    """
    submission = visible_submission(path.submission_id)
    answer = body.make(author=caller().author)
    refuse_faults(faults(answer, ("text",)))
    recorded = service().intake.answer(submission, path.question_id, answer)
    if recorded is None:
        raise Problem(NOT_FOUND, f"the submission {submission.id} has no question {path.question_id}")
    return respond_plain(serve(recorded))
