"""The students of a course whose code for an assignment is equal."""

from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.courses.equal_code import group_code
from backmark.grader.lti.identity import is_test_student
from backmark.grader.model.equal_code import EqualCode
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current


def read_equal_code(course: str, assignment: str) -> EqualCode:
    """Return the groups of equal code, without Test Students and unfilled templates.

    Raises Problem if the course has no such assignment.
    """
    revision, store = current(course, assignment), service().store
    attempts = store.cohorts.code_attempts(course, assignment)
    return group_code(
        (attempt for attempt in attempts if not is_test_student(attempt.student)),
        store.courses.roster(course),
        frozenset(read_settings(revision.assignment).get("templates", ())),
    )
