"""Marks on their way to the gradebooks of a made-up Moodle and Canvas, from a real Redis."""

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import pairwise

import pytest

from backmark.grader.lti.identity import CourseRole, student_name
from backmark.grader.model.lti import LtiUser
from backmark.grader.model.records import State
from backmark.grader.model.scores import ScoreReason
from backmark.grader.model.terms import Extension, Outage, Override, Policy
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from tests.lti.platform.course import ASSIGNMENT, LtiCourse
from tests.lti.platform.gradebook import CanvasRules, Cell, Rules
from tests.store.making import accept, claim_job, new, replace_verdict, restore_verdict, verdict

CANVAS = "https://canvas.instructure.com/lti/submission"


def test_a_verdict_regrade_override_and_policy_change_the_gradebook(course: LtiCourse) -> None:
    name = course.hand_in("11", 4)
    course.settle()
    assert course.marks() == {"11": 8.0}
    assert replace_verdict(course.store, name, 1, verdict("failed", score=6, max_score=10), "regrade")
    course.settle()
    assert course.marks() == {"11": 12.0}
    course.store.courses.set_override(course.name, ASSIGNMENT, Override("11", 0.9, "staff", "orally"))
    course.settle()
    assert course.marks() == {"11": 18.0}
    course.store.courses.remove_override(course.name, ASSIGNMENT, "11", "staff")
    course.store.courses.set_policy(course.name, ASSIGNMENT, Policy(due=1.0, late=100.0), "staff")
    course.settle()
    assert course.marks() == {"11": 0.0}
    assert course.book.erased == []


def test_two_changes_within_a_second_both_arrive(moodle: LtiCourse) -> None:
    """Moodle refuses a timestamp within the same whole second."""
    for score in range(6):
        moodle.hand_in("11", score)
        moodle.settle()
    assert moodle.marks() == {"11": 10.0}
    assert {status for _, status in moodle.book.scores} == {HTTPStatus.OK}


def test_a_mark_that_changes_while_it_is_posted_is_posted_again(course: LtiCourse) -> None:
    changes = iter([7])

    def change() -> None:
        for score in changes:
            course.hand_in("11", score)

    course.outage = change
    course.hand_in("11", 4)
    course.settle()
    assert course.marks() == {"11": 14.0}


def test_the_same_mark_is_posted_again_only_when_staff_ask(course: LtiCourse) -> None:
    course.hand_in("11", 4)
    course.settle()
    course.store.courses.set_policy(course.name, ASSIGNMENT, Policy(attempts=5), "staff")
    course.settle()
    assert len(course.book.scores) == 1
    assert course.store.scores.send_again(course.name, ASSIGNMENT) == 1
    course.settle()
    assert len(course.book.scores) == 2


def test_marks_from_before_the_line_item_are_sent(
    store: Store, settings: ServiceSettings, rules: Rules, pair: tuple[str, str]
) -> None:
    name = accept(store, new("11", course="lti-1"))
    store.submissions.finish(claim_job(store, name), verdict("failed", score=3, max_score=10))
    store.courses.set_override("lti-1", ASSIGNMENT, Override("12", 0.5, "staff", "on paper"))
    course = LtiCourse(store, settings, rules, pair)
    course.enrol("11", "12")
    course.settle()
    assert course.marks() == {"11": 6.0, "12": 10.0}


def test_nothing_is_sent_of_staff_and_previews(course: LtiCourse) -> None:
    preview = student_name("99", CourseRole.TEST_STUDENT)
    course.store.launches.record_user(LtiUser(course.name, "21", "21", staff=True))
    course.store.launches.record_user(LtiUser(course.name, preview, "99", test=True))
    for name in ("21", preview):
        course.hand_in(name, 5)
    course.settle()
    assert course.book.scores == []
    reasons = {score.student: score.reason for score in course.store.scores.of(course.item.id)}
    assert reasons == {"21": ScoreReason.STAFF, preview: ScoreReason.TEST_STUDENT}


def test_a_mark_is_sent_as_soon_as_a_person_is_a_student_and_no_longer_staff(course: LtiCourse) -> None:
    course.store.launches.record_user(LtiUser(course.name, "11", "11", staff=True))
    course.hand_in("11", 5)
    course.settle()
    assert course.marks() == {"11": None}
    course.store.launches.record_user(LtiUser(course.name, "11", "11", staff=True, recorded=1.0))
    assert course.send() == 0
    course.store.launches.record_user(LtiUser(course.name, "11", "11"))
    course.settle()
    assert course.marks() == {"11": 10.0}


def test_no_mark_is_erased_when_there_is_none_any_more(course: LtiCourse) -> None:
    name = course.hand_in("11", 4)
    course.settle()
    course.store.submissions.delete(name)
    course.settle()
    assert course.marks() == {"11": 8.0}
    assert course.score("11").reason is ScoreReason.MARK_GONE


def test_nothing_that_is_held_back_is_sent_until_it_is_published(course: LtiCourse) -> None:
    course.hand_in("11", 9)
    course.store.courses.set_policy(course.name, ASSIGNMENT, Policy(held_back=True), "prof")
    course.settle()
    assert set(course.marks().values()) <= {None}
    assert course.score("11").reason is ScoreReason.HELD_BACK
    assert course.store.courses.publish_marks(course.name, ASSIGNMENT, "prof")
    assert not course.store.courses.publish_marks(course.name, ASSIGNMENT, "prof")
    course.settle()
    assert course.marks() == {"11": 18.0}


def test_what_expires_lowers_no_mark(course: LtiCourse) -> None:
    course.hand_in("11", 9)
    middle_time = course.store.time()
    course.hand_in("11", 4)
    course.settle()
    assert course.store.submissions.expire(middle_time) == 1
    assert course.send() == 0
    assert course.marks() == {"11": 18.0}


def test_of_a_student_of_whom_everything_expired_nothing_is_left_but_the_mark_in_the_gradebook(
    course: LtiCourse,
) -> None:
    course.hand_in("11", 9)
    course.settle()
    assert course.store.submissions.expire(course.store.time() + 1) == 1
    assert course.send() == 0
    assert course.marks() == {"11": 18.0}
    assert list(course.store.redis.scan_iter("bm:score*:*11")) == []


def test_an_extension_and_an_outage_change_the_gradebook(course: LtiCourse) -> None:
    courses, late_time = course.store.courses, course.store.time() - 3600
    courses.set_policy(course.name, ASSIGNMENT, Policy(due=late_time, late=50), "staff")
    course.hand_in("11", 10)
    course.settle()
    assert course.marks() == {"11": 10.0}
    courses.set_extension(course.name, ASSIGNMENT, Extension("11", late_time + 7200, None, None, "staff", "ill"))
    course.settle()
    assert course.marks() == {"11": 20.0}
    courses.remove_extension(course.name, ASSIGNMENT, "11", "staff")
    course.settle()
    assert course.marks() == {"11": 10.0}
    courses.add_outage(course.name, ASSIGNMENT, Outage(late_time - 7200, late_time - 10, "staff", "no power"))
    course.settle()
    assert course.marks() == {"11": 20.0}


def test_of_a_deleted_student_nothing_is_sent_and_nothing_is_left(course: LtiCourse) -> None:
    course.hand_in("11", 4)
    course.store.submissions.delete_student(course.name, "11")
    assert course.send() == 0
    assert list(course.store.redis.scan_iter("bm:score:*")) == []
    assert list(course.store.scores.of(course.item.id)) == []


def test_a_student_whom_the_platform_names_later_gets_the_mark(course: LtiCourse) -> None:
    course.hand_in("12", 4)
    course.settle()
    assert course.score("12").reason is ScoreReason.UNKNOWN_STUDENT
    course.enrol("12")
    course.settle()
    assert course.marks()["12"] == 8.0


def test_canvas_is_told_of_new_attempts_their_times_and_the_verdict(canvas: LtiCourse) -> None:
    first = canvas.hand_in("11", 4)
    canvas.settle()
    replace_verdict(canvas.store, first, 1, verdict("failed", score=5, max_score=10), "regrade")
    canvas.settle()
    second = canvas.hand_in("11", 8)
    canvas.settle()
    link = "https://backmark.example/lti/launch?submission="
    submission_data = {"submission_type": "basic_lti_launch", "new_submission": True}
    bodies = [body for body, _ in canvas.book.scores]
    assert [body[CANVAS] for body in bodies] == [
        {**submission_data, "submission_data": link + first, "prioritize_non_tool_grade": True},
        {**submission_data, "submission_data": link + first, "new_submission": False},
        {**submission_data, "submission_data": link + second},
    ]
    records = canvas.store.submissions.many([first, first, second])
    times = [datetime.fromisoformat(body["submission"]["submittedAt"]).timestamp() for body in bodies]
    assert times == pytest.approx([record.created for record in records], abs=0.001)
    assert canvas.book.cells[canvas.column, "11"].attempt == 2
    assert canvas.marks() == {"11": 16.0}


def test_a_lower_attempt_is_no_new_one_for_canvas(canvas: LtiCourse) -> None:
    """The gradebook shows the attempt that counts."""
    canvas.hand_in("11", 8)
    canvas.settle()
    canvas.hand_in("11", 3)
    canvas.settle()
    assert len(canvas.book.scores) == 1


def test_a_mark_arrives_beyond_the_attempts_that_canvas_allows(
    store: Store, settings: ServiceSettings, pair: tuple[str, str]
) -> None:
    course = LtiCourse(store, settings, CanvasRules(attempts=1), pair)
    course.enrol("11")
    for score in (4, 8):
        course.hand_in("11", score)
        course.settle()
    assert course.marks() == {"11": 16.0}
    assert course.list_failed() == []


def test_what_a_person_gave_before_stays_until_our_mark_changes(canvas: LtiCourse) -> None:
    canvas.book.cells[canvas.column, "11"] = Cell(score=13.0)
    canvas.hand_in("11", 4)
    canvas.settle()
    assert canvas.marks() == {"11": 13.0}
    canvas.hand_in("11", 8)
    canvas.settle()
    assert canvas.marks() == {"11": 16.0}


def test_a_score_without_points_is_a_share(
    store: Store, settings: ServiceSettings, rules: Rules, pair: tuple[str, str]
) -> None:
    course = LtiCourse(store, settings, rules, pair)
    course.enrol("11")
    store.line_items.record(replace(course.item, maximum=0.0))
    course.hand_in("11", 4)
    course.settle()
    assert [(body["scoreGiven"], body["scoreMaximum"]) for body, _ in course.book.scores] == [(0.4, 1.0)]


def test_a_course_that_is_deleted_sends_nothing(course: LtiCourse) -> None:
    course.hand_in("11", 4)
    course.store.courses.delete(course.name)
    assert course.send() == 0
    remaining_keys = [key for key in course.store.redis.scan_iter("bm:*") if b"lti-1" in key or b"score:" in key]
    assert remaining_keys == []


def test_timestamps_rise_by_seconds(course: LtiCourse) -> None:
    for score in (1, 2, 3):
        course.hand_in("11", score)
        course.settle()
    times = [datetime.fromisoformat(body["timestamp"]) for body, _ in course.book.scores]
    assert all((later_time - earlier_time).total_seconds() >= 1 for earlier_time, later_time in pairwise(times))
    assert times[0] <= datetime.now(UTC)


def test_a_mark_that_staff_send_again_is_sent_also_if_a_look_at_it_is_under_way(course: LtiCourse) -> None:
    course.hand_in("11", 4)
    course.settle()
    course.store.courses.set_policy(course.name, ASSIGNMENT, Policy(attempts=5), "staff")
    (claim,) = course.store.scores.claim(1, 1, 60.0)
    course.store.scores.send_again(course.name, ASSIGNMENT)
    course.post(claim)
    course.settle()
    assert len(course.book.scores) == 2


def test_a_regrade_of_what_we_failed_on_and_its_rollback_change_the_gradebook(course: LtiCourse) -> None:
    store = course.store
    course.hand_in("11", 4)
    name = accept(store, new("11", course=course.name))
    assert store.jobs.record_failure(claim_job(store, name), "the networks are damaged", 1) is State.SERVICE_FAILED
    course.settle()
    assert course.marks() == {"11": 8.0}
    assert replace_verdict(store, name, 0, verdict("failed", score=9, max_score=10), "regrade")
    course.settle()
    assert course.marks() == {"11": 18.0}
    assert restore_verdict(store, name, 1, 0)
    course.settle()
    assert course.marks() == {"11": 8.0}


def test_a_look_that_posted_nothing_is_no_first_post(canvas: LtiCourse) -> None:
    """What a person gave before our first mark stays, also if we looked for the student in vain before."""
    canvas.hand_in("12", 4)
    canvas.settle()
    canvas.enrol("12")
    canvas.settle()
    assert [body[CANVAS]["prioritize_non_tool_grade"] for body, _ in canvas.book.scores] == [True]
