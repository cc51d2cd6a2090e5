"""Names that are made of what a platform says: valid, told apart, and never those of somebody else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from backmark.grader.lti.identity import (
    CourseRole,
    course_name,
    is_test_student,
    origin,
    part_of,
    platform_id,
    student_name,
)
from backmark.grader.lti.tool_keys import AHEAD, ToolKey, signing_key
from backmark.grader.web.http.schemas import Name
from tests.lti.platform.lms import ADMINISTRATOR, ASSISTANT, INSTRUCTOR, LEARNER, MEMBERSHIP, MENTOR, TEST_USER

NAME: TypeAdapter[str] = TypeAdapter(Name)
SUBJECTS = st.text(min_size=1, max_size=200) | st.from_regex(r"(sub|test-student)-[0-9a-f]{24}", fullmatch=True)


@given(SUBJECTS, SUBJECTS)
def test_every_subject_has_a_valid_name_of_its_own(subject: str, other_subject: str) -> None:
    assert NAME.validate_python(student_name(subject)) == student_name(subject)
    assert (student_name(subject) == student_name(other_subject)) == (subject == other_subject)
    assert is_test_student(student_name(subject, CourseRole.TEST_STUDENT))
    assert not is_test_student(student_name(subject))


def test_a_subject_that_is_a_name_stays_readable() -> None:
    assert student_name("7") == "7"
    assert student_name("3f2a1b00-aaaa-4bbb-8ccc-1234567890ab") == "3f2a1b00-aaaa-4bbb-8ccc-1234567890ab"


IDS = st.lists(st.text(max_size=5), min_size=3, max_size=3)


@given(IDS, IDS)
def test_courses_and_platforms_are_told_apart(course_ids: list[str], other_ids: list[str]) -> None:
    assert (course_name(*course_ids) == course_name(*other_ids)) == (course_ids == other_ids)
    assert (platform_id(*course_ids[:2]) == platform_id(*other_ids[:2])) == (course_ids[:2] == other_ids[:2])
    assert NAME.validate_python(course_name(*course_ids))


@pytest.mark.parametrize(
    ("roles", "part"),
    [
        ([INSTRUCTOR], CourseRole.STAFF),
        ([ASSISTANT], CourseRole.STAFF),
        (["Instructor"], CourseRole.STAFF),
        ([LEARNER, INSTRUCTOR], CourseRole.STAFF),
        ([ASSISTANT, LEARNER, INSTRUCTOR], CourseRole.STAFF),
        ([ASSISTANT, LEARNER], CourseRole.STUDENT),
        ([LEARNER], CourseRole.STUDENT),
        ([f"{MEMBERSHIP}/Learner#Instructor"], CourseRole.STUDENT),
        ([LEARNER, ADMINISTRATOR], CourseRole.STUDENT),
        ([LEARNER, TEST_USER], CourseRole.TEST_STUDENT),
        ([MENTOR], CourseRole.OBSERVER),
        ([ADMINISTRATOR], CourseRole.OUTSIDER),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"], CourseRole.OUTSIDER),
        (["http://evil.example/membership#Instructor"], CourseRole.OUTSIDER),
        ([f"{MEMBERSHIP}#ContentDeveloper"], CourseRole.OUTSIDER),
        ([], CourseRole.OUTSIDER),
    ],
)
def test_the_part_is_that_in_the_course(roles: list[str], part: CourseRole) -> None:
    assert part_of(roles) is part


def test_a_learner_who_assists_is_staff_if_the_operator_says_so() -> None:
    """Open edX's Community TA."""
    assert part_of([LEARNER, ASSISTANT], assisting_learners=True) is CourseRole.STAFF
    assert part_of([LEARNER], assisting_learners=True) is CourseRole.STUDENT


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{0,20}(/.*)?"))
def test_an_origin_never_breaks_out_of_a_policy(url: str) -> None:
    url_origin = origin(url)
    assert url_origin is None or re.fullmatch(r"https?://[a-z0-9._:\[\]-]+", url_origin)


def test_an_origin_is_that_of_the_page() -> None:
    assert origin("https://School.example:8443/course?x=1") == "https://school.example:8443"
    assert origin("javascript:alert(1)") is None
    assert origin("https://a.example;script-src *") is None
    assert origin(None) is None


def test_the_newest_key_that_was_published_for_a_day_signs() -> None:
    old_key, middle_key, new_key = (
        ToolKey(name, "", created_at) for name, created_at in (("a", 0.0), ("b", 1000.0), ("c", 2000.0))
    )
    assert signing_key([old_key], 0.0) is old_key
    assert signing_key([old_key, middle_key, new_key], 1000.0 + AHEAD) is middle_key
    assert signing_key([old_key, middle_key, new_key], 2000.0 + AHEAD) is new_key
