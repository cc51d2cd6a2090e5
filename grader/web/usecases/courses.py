"""The courses that somebody sees, where they come from, and the deletion of one."""

import logging

from backmark.grader.model.course import Course
from backmark.grader.support.folding import fold
from backmark.grader.web import links
from backmark.grader.web.http.auth import Caller, caller
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.service import service

_log = logging.getLogger(__name__)


def delete_everything(course: str) -> int:
    """Delete a course for the caller, and note it in the service's log; return the number of submissions."""
    deleted = service().store.courses.delete(course, links.owner(course))
    # The course's own log is gone.
    _log.warning("the course %s was deleted with %d submissions by %s", course, deleted, caller().author)
    return deleted


def find_courses(viewer: Caller, search: str = "", *, archived: bool = False) -> list[Course]:
    """Return the courses that somebody sees, in use or archived, with this part of a text in id, title or term."""
    store, part = service().store, fold(search.strip())
    if viewer.admin:
        seen = store.course_records.list()
    else:
        own = store.course_records.get(viewer.token.course)
        seen = [] if own is None else [own]
    now = store.time()
    courses = [course for course in seen if course.is_archived(now) == archived]
    titles = store.course_records.titles(courses) if part else {}
    return [course for course in courses if not part or part in _names(course, titles[course.id])]


def existing_course(name: str) -> Course:
    """Return a course that the caller may see. Raises Problem if nothing is stored of it."""
    course = service().store.course_records.get(name)
    if course is None:
        raise _no_course(name)
    return course


def platform_names(course: str) -> list[str]:
    """Return the names of the platforms that a course comes from."""
    store = service().store
    context = store.launches.context(course)
    platform = None if context is None else store.platforms.get(context.platform)
    return [] if platform is None else [platform.name or platform.issuer]


def _names(course: Course, title: str) -> str:
    """Return all by which a course may be looked for."""
    return fold(f"{course.id}\n{title}\n{course.term}")


def _no_course(course: str) -> Problem:
    return Problem(NOT_FOUND, f"there is no course {course}")
