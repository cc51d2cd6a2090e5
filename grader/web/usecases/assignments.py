"""The assignments of a course, what of them a viewer sees, and the kits of their revisions."""

from typing import Any, NoReturn

from flask import Response

from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.courses.arranging import arrange
from backmark.grader.model.publications import KitFiles, RevisionRecord
from backmark.grader.reports.disclosure import disclose_settings
from backmark.grader.web.http.auth import Caller
from backmark.grader.web.http.problems import NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem
from backmark.grader.web.http.responses import respond_tagged
from backmark.grader.web.service import service

#: The store's name for the course of assignments that ship with Backmark.
_EVERYONE = "*"


def current(course: str, assignment: str) -> RevisionRecord:
    """Return the revision that submissions are graded against now; raise Problem if there is no such assignment."""
    return service().store.assignments.current(course, assignment) or _raise_unknown(course, assignment)


def find_revision(course: str, assignment: str, revision: str) -> RevisionRecord:
    """Return a revision of an assignment; raise Problem if there is none with this id."""
    record = service().store.assignments.get(course, revision)
    if record is None or record.assignment_id != assignment:
        _raise_unknown(course, f"{assignment} with the revision {revision}")
    return record


def respond_kit(revision: RevisionRecord, *, with_solution: bool) -> Response:
    """Respond with a kit of a revision; raise Problem, which says why, if there is none."""
    kits = service().store.assignments.kits(revision.id)
    data = kits.with_solution if with_solution else kits.without_solution
    if data is None:
        raise Problem(NOT_FOUND, _explain_missing(kits, revision))
    response = respond_tagged(data, content_type="application/zip")
    ending = "-with-solution.kit" if with_solution else ".kit"
    response.headers.set("Content-Disposition", "attachment", filename=f"{revision.assignment_id}{ending}")
    return response


def _explain_missing(kits: KitFiles, revision: RevisionRecord) -> str:
    if kits.refusal:
        return kits.refusal
    if revision.course == _EVERYONE:
        return (
            f"{revision.assignment_id} ships with Backmark without this kit: make the kit on your own machine with"
            " `backmark assignment kit`"
        )
    return f"revision {revision.id} was published before kits were stored: publish the assignment again"


def find_assignments(course: str) -> tuple[list[RevisionRecord], list[RevisionRecord]]:
    """Return the current revisions of the assignments that lists show, in the course's order, and of those hidden."""
    store = service().store
    return arrange(store.course_records.settings(course), store.assignments.list(course))


def read_visible_settings(revision: RevisionRecord, viewer: Caller) -> dict[str, Any]:
    """Return a revision's settings as the viewer may see them: solutions and mistakes are for instructors."""
    settings = read_settings(revision.assignment)
    return settings if viewer.instructs else disclose_settings(settings)


def _raise_unknown(course: str, name: str) -> NoReturn:
    raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {name} in the course {course}")
