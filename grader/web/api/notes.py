"""Notes: what staff leave on a submission for its student to read."""

from flask import Response

from backmark.grader.model.fields import faults
from backmark.grader.model.messages import Note
from backmark.grader.model.records import Scope
from backmark.grader.web.api.submission_paths import SubmissionPath, raise_not_found, visible_submission
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, response_model, serve
from backmark.grader.web.http.problems import CONFLICT, NOT_FOUND, Problem, refuse_faults
from backmark.grader.web.http.resource import CREATED, PREFIX, REMOVED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty
from backmark.grader.web.http.schemas import Id
from backmark.grader.web.service import service

resource = Resource("notes", __name__, description="Notes of staff on submissions, which students read.")


class NotePath(SubmissionPath):
    """The path of a note."""

    note_id: Id


@resource.operation(
    "POST",
    "/submissions/<submission_id>/notes",
    scope=Scope.ASSIST,
    weight="submit",
    responses={201: ResponseDoc(response_model(Note), description="Added.", headers=CREATED)},
    problems=(CONFLICT,),
)
def add_note(path: SubmissionPath, body: NounRequest[Note]) -> Response:
    """Leave a note on a submission. The student reads it beside the verdict, with the author's name.

    The notes of a submission are in the submission itself.
    """
    submission = visible_submission(path.submission_id)
    note = body.make(author=caller().author)
    refuse_faults(faults(note, ("text",)))
    added = service().store.messages.add_note(submission.id, note) or raise_not_found(submission.id)
    return respond_created(serve(added), f"{PREFIX}/submissions/{submission.id}/notes/{added.id}")


@resource.operation(
    "DELETE", "/submissions/<submission_id>/notes/<note_id>", scope=Scope.ASSIST, weight="submit", responses=REMOVED
)
def remove_note(path: NotePath) -> Response:
    """Remove a note from a submission."""
    submission = visible_submission(path.submission_id)
    if not service().store.messages.remove_note(submission.id, path.note_id, caller().author):
        raise Problem(NOT_FOUND, f"the submission {submission.id} has no note {path.note_id}")
    return respond_empty()
