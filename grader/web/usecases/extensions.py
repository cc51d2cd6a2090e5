"""Extensions: given to many students at once."""

from collections.abc import Iterable

from backmark.grader.courses.extending import many_faults
from backmark.grader.model.fields import FieldFault
from backmark.grader.model.terms import Extension, Policy
from backmark.grader.web.service import service


def give(course: str, assignment: str, extensions: Iterable[Extension]) -> list[FieldFault]:
    """Give many students extensions, unless one of them has a fault; return the faults."""
    courses, given = service().store.courses, list(extensions)
    faults = many_faults(given, courses.policy(course, assignment) or Policy())
    if not faults:
        courses.set_extensions(course, assignment, given)
    return faults
