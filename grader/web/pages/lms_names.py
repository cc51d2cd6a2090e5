"""The names of courses and people for pages, as staff, an LMS or a roster gave them: ours are hashes and ids."""

from collections.abc import Iterable, Mapping

from flask import g

from backmark.grader.lti.identity import is_lti_course
from backmark.grader.web.service import service


def course_title(course: str) -> str:
    """Return a course's title, read once a request: its own, else that in its LMS, else its id."""
    titles: dict[str, str] = g.setdefault("course_titles", {})
    if course not in titles:
        records = service().store.course_records
        titles |= records.titles([records.settings(course)])
    return titles[course]


def lms_family(course: str) -> str:
    """Return the family of a course's LMS, such as `canvas`; empty if the course has none, or one of another family."""
    context = service().store.launches.context(course)
    platform = None if context is None else service().store.platforms.get(context.platform)
    return "" if platform is None else platform.family


def person_name(course: str, student: str) -> str:
    """Return a student's name in the course's LMS, else in its roster with the id, else the name of submissions."""
    user = service().store.launches.user(course, student) if is_lti_course(course) else None
    if user is not None and user.name:
        return user.name
    name = roster_names(course, [student]).get(student)
    return student if name is None else f"{name} ({student})"


def roster_names(course: str, students: Iterable[str]) -> Mapping[str, str]:
    """Return the names that the course's roster has for these students."""
    return service().store.courses.roster_names(course, students)
