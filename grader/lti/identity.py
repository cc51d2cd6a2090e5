"""The identity of platforms, courses and people, made of what a verified launch claims."""

import re
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256

from backmark.grader.model.records import NAME

_NAME = re.compile(NAME)
#: What we make ourselves, and no subject may be called.
_OURS = re.compile(r"(sub|test-student)-[0-9a-f]{24}")
_HASHED, _TEST = "sub-", "test-student-"
#: Hexadecimal digits of our ids, and of a hashed subject.
_ID_DIGITS, _SUBJECT_DIGITS = 20, 24

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
_ASSISTANT = "TeachingAssistant"
_ORIGIN = re.compile(r"(https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)(?:[/?#].*)?", re.DOTALL)


class CourseRole(StrEnum):
    """The part that somebody has in a course."""

    STAFF = "staff"
    STUDENT = "student"
    #: A preview of staff's that counts nowhere.
    TEST_STUDENT = "test_student"
    #: A parent or a mentor, who watches a student.
    OBSERVER = "observer"
    #: No part in this course.
    OUTSIDER = "outsider"


def platform_id(issuer: str, client_id: str) -> str:
    """Return our id of a platform: all of Canvas's cloud is one issuer, so the client id belongs to it."""
    return _hash(issuer, client_id)[:_ID_DIGITS]


def course_name(platform: str, deployment: str, context: str) -> str:
    """Return our name of a course: the standard has contexts told apart within one deployment only."""
    return f"lti-{_hash(platform, deployment, context)[:_ID_DIGITS]}"


def is_lti_course(course: str) -> bool:
    """Return True if a course may have come from a platform, by its name."""
    return course.startswith("lti-")


def line_item_id(platform: str, url: str) -> str:
    """Return our id of a column of a gradebook."""
    return _hash(platform, url)[:_ID_DIGITS]


def student_name(subject: str, part: CourseRole = CourseRole.STUDENT) -> str:
    """Return the name that a person's submissions have: the subject itself where it fits, else made of its hash."""
    digits = sha256(subject.encode()).hexdigest()[:_SUBJECT_DIGITS]
    if part is CourseRole.TEST_STUDENT:
        return f"{_TEST}{digits}"
    fits = _NAME.fullmatch(subject) and not _OURS.fullmatch(subject)
    return subject if fits else f"{_HASHED}{digits}"


def is_test_student(student: str) -> bool:
    """Return True if a student's name is that of a platform's Test Student."""
    return student.startswith(_TEST) and bool(_OURS.fullmatch(student))


def part_of(roles: Sequence[str], *, assisting_learners: bool = False) -> CourseRole:
    """Return the part that roles give in a course: those of the institution and the system give none.

    Canvas sends an administrator's institution roles in every course, also where the person is a student. Open edX
    calls its Community TAs, who are learners, Learner and TeachingAssistant: staff with `assisting_learners` only.
    """
    names = {name for role in roles if (name := _context_role(role))}
    if "Instructor" in names or (_ASSISTANT in names and (assisting_learners or "Learner" not in names)):
        return CourseRole.STAFF
    if "Learner" in names:
        return CourseRole.TEST_STUDENT if _TEST_USER in roles else CourseRole.STUDENT
    return CourseRole.OBSERVER if "Mentor" in names else CourseRole.OUTSIDER


def origin(url: object) -> str | None:
    """Return the origin of a URL, fit for a Content-Security-Policy; None if it has none."""
    match = _ORIGIN.fullmatch(url) if isinstance(url, str) and len(url) <= 2000 else None
    return None if match is None else match[1].lower()


def _context_role(role: str) -> str | None:
    """Return a role in a course. A sub-role counts as its principal one: `membership/Learner#Instructor` as Learner.

    An assistant is told apart from an instructor, whose sub-role it is.
    """
    base, _, name = role.partition("#")
    if base == _MEMBERSHIP or (name == _ASSISTANT and base.lower() == f"{_MEMBERSHIP}/instructor"):
        return name
    if base.startswith(f"{_MEMBERSHIP}/"):
        return base.removeprefix(f"{_MEMBERSHIP}/").capitalize()
    # The standard allows a role of a course by its name alone.
    return role if role.isalpha() else None


def _hash(*parts: str) -> str:
    return sha256("\n".join(part.replace("\\", "\\\\").replace("\n", "\\n") for part in parts).encode()).hexdigest()
