"""The staff of a course."""

from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import CONFLICT, Problem
from backmark.grader.web.service import service


def remove(course: str, member: str) -> bool:
    """Remove somebody from the staff for the caller; return False if there is nobody whom the caller may remove.

    Raises Problem if it is the caller, who may be the last instructor.
    """
    if member == caller().token.id:
        raise Problem(CONFLICT, "you cannot remove yourself; ask another instructor")
    return service().store.staff.remove(course, member, caller().author, only_invited=not caller().admin)
