"""A column that the LMS locked: Moodle 4.5 answers 500 to each of its marks. No other column waits for it."""

import pytest

from backmark.grader.model.scores import ScoreReason, ScoreState
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.scores import PARK_AFTER, PARKED
from backmark.grader.store.store import Store
from tests.lti.platform.course import ASSIGNMENT, LtiCourse
from tests.lti.platform.gradebook import MoodleRules

STUDENTS = [str(number) for number in range(1000, 1300)]
MINUTES = PARK_AFTER / 1000
DAY = PARKED / 1000


@pytest.fixture
def open_course(store: Store, settings: ServiceSettings, pair: tuple[str, str]) -> LtiCourse:
    """A course of a Moodle."""
    return LtiCourse(store, settings, MoodleRules(), pair, "lti-open")


@pytest.fixture
def locked_course(open_course: LtiCourse, store: Store, settings: ServiceSettings, pair: tuple[str, str]) -> LtiCourse:
    """Another course of the same Moodle, whose column is locked."""
    course = LtiCourse(store, settings, MoodleRules(), pair, "lti-locked", beside=open_course)
    course.enrol("11", "12", "13")
    course.book.locked.add(course.column)
    return course


def hand_in_all(course: LtiCourse) -> None:
    """Let all students hand in, each with another mark than the one before."""
    course.enrol(*STUDENTS)
    for number, student in enumerate(STUDENTS):
        course.hand_in(student, number % 11)


def post_in_turn(course: LtiCourse) -> list[str]:
    """Post what is due now, one mark after the other, and return whose marks arrived, in their order."""
    while claims := course.store.scores.claim(16, 4, 60.0):
        for claim in claims:
            course.post(claim)
    return [body["userId"] for body, status in course.book.scores if status == 200]


def test_300_marks_arrive_beside_a_locked_column_of_another_course_as_without_it(
    open_course: LtiCourse, locked_course: LtiCourse
) -> None:
    """The platform is not held: all arrive at the first try and in their order, and no time passes."""
    for student in ("11", "12", "13"):
        locked_course.hand_in(student, 5)
    hand_in_all(open_course)
    assert post_in_turn(open_course) == STUDENTS
    assert [status for _, status in open_course.book.scores].count(500) <= 4
    assert locked_course.score("11").state is ScoreState.WAITING


def test_marks_that_wait_for_a_locked_column_arrive_in_their_order_once_it_is_open(
    open_course: LtiCourse, locked_course: LtiCourse
) -> None:
    hand_in_all(locked_course)
    assert post_in_turn(locked_course) == []
    locked_course.book.locked.clear()
    open_course.store.scores.ahead += 30
    assert sorted(post_in_turn(locked_course)) == STUDENTS
    # The first four were tried together; what waits behind them keeps its place.
    assert [student for student in post_in_turn(locked_course) if student not in STUDENTS[:4]] == STUDENTS[4:]


def test_a_platform_is_held_when_columns_of_two_courses_fail(open_course: LtiCourse, locked_course: LtiCourse) -> None:
    open_course.book.locked.add(open_course.column)
    open_course.enrol("21", "22")
    locked_course.hand_in("11", 5)
    open_course.hand_in("21", 5)
    post_in_turn(open_course)
    open_course.book.locked.clear()
    open_course.hand_in("22", 5)
    assert post_in_turn(open_course) == []
    open_course.store.scores.ahead += 2
    post_in_turn(open_course)
    open_course.store.scores.ahead += 30
    assert sorted(post_in_turn(open_course)) == ["11", "21", "22"]


def fail_beside_others(open_course: LtiCourse, locked_course: LtiCourse) -> None:
    """Let a column fail until it is parked, while the other course gets marks."""
    open_course.enrol("21")
    locked_course.hand_in("11", 5)
    for number in range(1 + round(MINUTES / 60) * 2):
        open_course.hand_in("21", number % 11)
        post_in_turn(open_course)
        open_course.store.scores.ahead += 60
    post_in_turn(open_course)


def test_a_column_that_fails_while_others_get_marks_is_parked_and_tried_once_a_day(
    open_course: LtiCourse, locked_course: LtiCourse
) -> None:
    scores = open_course.store.scores
    fail_beside_others(open_course, locked_course)
    failure = scores.column_failure(locked_course.item.id)
    assert failure is not None
    assert (failure.status, failure.parked is not None) == (500, True)
    assert scores.column_failure(open_course.item.id) is None
    for student in ("12", "13"):
        locked_course.hand_in(student, 6)
    tries = len(open_course.book.scores)
    scores.ahead += DAY / 2
    post_in_turn(open_course)
    assert len(open_course.book.scores) == tries
    scores.ahead += DAY / 2
    post_in_turn(open_course)
    assert len(open_course.book.scores) == tries + 1
    # Nobody's mark is given up, however long it is locked.
    assert locked_course.list_failed() == []
    locked_course.book.locked.clear()
    scores.ahead += DAY + 60
    post_in_turn(open_course)
    assert {student: locked_course.book.mark(locked_course.column, student) for student in ("11", "12", "13")} == {
        "11": 10.0,
        "12": 12.0,
        "13": 12.0,
    }
    assert scores.column_failure(locked_course.item.id) is None


def test_staff_have_a_parked_column_tried_now_without_sending_what_arrived(
    open_course: LtiCourse, locked_course: LtiCourse
) -> None:
    locked_course.book.locked.clear()
    locked_course.hand_in("12", 4)
    post_in_turn(open_course)
    locked_course.book.locked.add(locked_course.column)
    fail_beside_others(open_course, locked_course)
    locked_course.book.locked.clear()
    bodies = len(open_course.book.scores)
    assert open_course.store.scores.try_columns(locked_course.name, ASSIGNMENT) == 1
    post_in_turn(open_course)
    assert [body["userId"] for body, _ in open_course.book.scores[bodies:]] == ["11"]


def test_a_column_that_fails_alone_is_not_parked(locked_course: LtiCourse) -> None:
    """Nothing says that the platform is not away."""
    locked_course.hand_in("11", 5)
    locked_course.settle(seconds=3600)
    failure = locked_course.store.scores.column_failure(locked_course.item.id)
    assert failure is not None
    assert failure.parked is None
    assert [score.reason for score in locked_course.list_failed()] == [ScoreReason.REFUSED]
