"""Marks on their way to a platform that fails, refuses or hangs, and beside others that wait."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from backmark.grader.lti.identity import line_item_id
from backmark.grader.model.scores import ScoreReason, ScoreState
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.scores import GIVE_UP
from backmark.grader.store.store import Store
from backmark.worker.service.scores import ScorePost
from tests.lti.platform.course import ASSIGNMENT, LtiCourse, refuse_connection
from tests.lti.platform.gradebook import CanvasRules, MoodleRules
from tests.service.parts import until
from tests.store.making import replace_verdict, restore_verdict, verdict

DAY = GIVE_UP / 1000
CANVAS = "https://canvas.instructure.com/lti/submission"


def answer_scores(*statuses: int) -> Any:
    """An intercept that answers scores with these statuses, one after the other, and then lets them through."""
    statuses_left = list(statuses)

    def intercept(request: Request) -> Response | None:
        return Response("no", statuses_left.pop(0)) if statuses_left and request.path.endswith("/scores") else None

    return intercept


def test_platform_away_for_ten_minutes_while_200_verdicts_come(course: LtiCourse) -> None:
    students = [str(number) for number in range(100, 150)]
    course.enrol(*students)
    course.outage = refuse_connection
    last: dict[str, int] = {}
    for number in range(200):
        last[students[number % 50]] = number % 11
        name = course.hand_in(students[number % 50], number % 11)
        if number % 50 >= 25 and number >= 150:
            # A regrade lowers it: the last mark is not the highest ever seen.
            assert replace_verdict(course.store, name, 1, verdict("failed", score=0, max_score=10), "regrade")
        course.store.scores.ahead += 3
        course.send()
    assert course.book.scores == []
    course.outage = None
    course.settle(seconds=60)
    attempts_by_student = {
        student: course.store.courses.attempts_of(course.name, ASSIGNMENT, student) for student in students
    }
    expected = {
        student: 20 * max(attempt.share or 0 for attempt in attempts_by_student[student]) for student in students
    }
    assert {student: mark for student, mark in course.marks().items() if student != "11"} == pytest.approx(expected)
    assert course.book.erased == []
    assert len(course.book.scores) == len(students)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
def test_a_refusal_is_final_and_listed_with_the_reason(moodle: LtiCourse, status: int) -> None:
    moodle.book.intercept = answer_scores(status)
    moodle.hand_in("11", 4)
    moodle.settle()
    (score,) = moodle.list_failed()
    assert (score.student, score.status, score.reason, score.detail) == ("11", status, ScoreReason.REFUSED, "no")
    moodle.hand_in("11", 5)
    moodle.settle()
    assert moodle.marks() == {"11": 10.0}
    assert moodle.list_failed() == []


def test_moodle_s_reason_phrase_is_quoted_since_its_body_says_nothing(moodle: LtiCourse) -> None:
    moodle.hand_in("11", 4)
    moodle.book.members.clear()
    moodle.settle()
    (score,) = moodle.list_failed()
    assert (score.status, score.detail) == (400, "Incorrect score received")


def test_http_s_own_phrase_is_no_reason(moodle: LtiCourse) -> None:
    moodle.book.locked.add(moodle.column)
    moodle.hand_in("11", 4)
    moodle.send()
    assert (moodle.score("11").status, moodle.score("11").detail) == (500, "")


def test_a_column_that_is_gone_is_asked_no_more_until_a_launch_names_it(course: LtiCourse) -> None:
    course.enrol("12", "13")
    paths: list[str] = []

    def intercept(request: Request) -> None:
        paths.append(request.path)

    course.book.intercept = intercept
    course.book.columns.clear()
    course.hand_in("11", 4)
    course.settle()
    assert paths == ["/token", f"{course.column}/scores", "/token", course.column]
    for student in ("11", "12", "13"):
        course.hand_in(student, 5)
    course.settle(seconds=60)
    assert len(paths) == 4
    assert course.list_failed() == []
    assert {course.score(student).reason for student in ("11", "12", "13")} == {ScoreReason.COLUMN_GONE}
    (column,) = course.store.line_items.of(course.name, ASSIGNMENT)
    assert column.gone == pytest.approx(course.now(), abs=120)
    course.book.columns[course.column] = 20.0
    course.store.line_items.record(course.item)
    course.settle()
    assert course.marks() == {"11": 10.0, "12": 10.0, "13": 10.0}


def test_a_column_that_is_gone_is_tried_when_staff_send_all_marks_again(course: LtiCourse) -> None:
    maximum = course.book.columns.pop(course.column)
    course.hand_in("11", 4)
    course.settle()
    course.book.columns[course.column] = maximum
    course.store.scores.send_again(course.name, ASSIGNMENT)
    course.settle()
    assert course.marks() == {"11": 8.0}


def test_marks_go_on_to_the_columns_that_the_course_still_has(course: LtiCourse) -> None:
    """Staff deleted the link and added it again."""
    url = course.item.url.replace("lineitems/7", "lineitems/8")
    course.store.line_items.record(replace(course.item, id=line_item_id(course.item.platform, url), url=url))
    new_column = course.column.replace("/7", "/8")
    course.book.columns = {new_column: 20.0}
    for score in (4, 5, 6):
        course.hand_in("11", score)
        course.settle()
    assert course.book.mark(new_column, "11") == 12.0
    assert [status for _, status in course.book.scores].count(404) == 1


def test_a_mark_that_changes_while_its_column_is_found_to_be_gone_is_not_sent(course: LtiCourse) -> None:
    course.book.columns.clear()
    course.hand_in("11", 4)
    (claim,) = course.store.scores.claim(1, 1, 60.0)
    course.hand_in("11", 8)
    course.post(claim)
    assert course.score("11").state is ScoreState.WAITING
    course.settle()
    assert (course.score("11").state, course.score("11").reason) == (ScoreState.NOTHING, ScoreReason.COLUMN_GONE)
    assert len(course.book.scores) == 1


@pytest.mark.parametrize("statuses", [[503, 500], [429, 302], [409, 408]])
def test_what_passes_is_tried_again(course: LtiCourse, statuses: list[int]) -> None:
    course.book.intercept = answer_scores(*statuses)
    course.hand_in("11", 4)
    course.settle(seconds=60)
    assert course.marks() == {"11": 8.0}


def test_a_platform_that_fails_for_a_day_is_given_up_and_listed(course: LtiCourse) -> None:
    course.outage = refuse_connection
    course.hand_in("11", 4)
    start = course.store.scores.ahead
    course.settle(seconds=3600)
    (score,) = course.list_failed()
    assert (score.reason, score.detail) == (ScoreReason.NO_ANSWER, "connection refused")
    assert DAY <= course.store.scores.ahead - start <= DAY + 7200
    course.outage = None
    course.store.scores.send_again(course.name, ASSIGNMENT)
    course.settle()
    assert course.marks() == {"11": 8.0}


def test_a_token_that_is_refused_is_replaced_once(course: LtiCourse) -> None:
    course.hand_in("11", 4)
    course.settle()
    course.book.revoke_tokens()
    course.hand_in("11", 5)
    course.settle()
    assert course.marks() == {"11": 10.0}
    course.book.intercept = answer_scores(401, 401)
    course.hand_in("11", 6)
    course.settle()
    assert [score.status for score in course.list_failed()] == [401]


@pytest.mark.parametrize(
    "answer", ["[" * 100_000, "7", '{"access_token": 7}', '{"access_token": "\\u00fc"}', f'{{"x": {"1" * 5000}}}']
)
def test_an_answer_without_a_token_is_the_platform_s_failure(course: LtiCourse, answer: str) -> None:
    course.book.intercept = lambda request: Response(answer) if request.path == "/token" else None
    course.hand_in("11", 4)
    course.send()
    assert course.score("11").reason is ScoreReason.NO_ANSWER
    course.book.intercept = lambda _: None
    course.settle(seconds=60)
    assert course.marks() == {"11": 8.0}


@pytest.mark.parametrize("expiry", ['"3600"', "1e999", "-1", "[]", "1" + "0" * 400])
def test_a_token_is_used_again_whatever_it_says_of_its_end(course: LtiCourse, expiry: str) -> None:
    paths = []

    def intercept(request: Request) -> Response | None:
        if request.path != "/token":
            return Response("{}")
        paths.append(request.path)
        return Response(f'{{"access_token": "t", "expires_in": {expiry}}}')

    course.book.intercept = intercept
    for score in (4, 5):
        course.hand_in("11", score)
        course.settle()
        assert course.score("11").state is ScoreState.SENT
    assert len(paths) == 1


def test_canvas_s_403_of_throttling_is_no_refusal(canvas: LtiCourse) -> None:
    words = iter(["403 Forbidden (Rate Limit Exceeded)\n"])
    canvas.book.intercept = lambda request: (
        next((Response(word, 403) for word in words), None) if request.path.endswith("/scores") else None
    )
    canvas.hand_in("11", 4)
    canvas.settle(seconds=60)
    assert canvas.marks() == {"11": 8.0}


@pytest.mark.parametrize("fail", ["throttled", "no token"])
def test_what_never_reached_canvas_is_no_first_post(canvas: LtiCourse, fail: str) -> None:
    """What a person gave before our first mark stays: Canvas is told to keep it until a post of ours is taken."""

    def refuse_once() -> None:
        canvas.outage = None
        refuse_connection()

    if fail == "throttled":
        canvas.book.intercept = answer_scores(429)
    else:
        canvas.outage = refuse_once
    canvas.enrol("12")
    canvas.hand_in("12", 4)
    canvas.settle(seconds=60)
    assert [body[CANVAS]["prioritize_non_tool_grade"] for body, _ in canvas.book.scores] == [True]


def test_a_platform_that_hangs_takes_one_thread_and_delays_nobody_else(
    store: Store, settings: ServiceSettings, pair: tuple[str, str]
) -> None:
    slow = LtiCourse(store, settings, MoodleRules(), pair, "lti-slow")
    quick = LtiCourse(store, settings, CanvasRules(), pair, "lti-quick")
    students = [str(number) for number in range(100, 140)]
    slow.enrol(*students)
    quick.enrol("11")
    for student in students:
        slow.hand_in(student, 5)
    quick.hand_in("11", 5)
    slow.outage = refuse_connection
    claims = store.scores.claim(16, 4, 60.0)
    assert sorted(claim.item.course for claim in claims) == ["lti-quick", *["lti-slow"] * 4]
    for claim in claims:
        (slow if claim.item.course == "lti-slow" else quick).post(claim)
    assert quick.marks() == {"11": 10.0}
    store.scores.ahead += 120
    quick.hand_in("11", 6)
    assert sorted(claim.item.course for claim in store.scores.claim(16, 4, 60.0)) == ["lti-quick", "lti-slow"]


def test_a_backlog_of_one_platform_does_not_wait_before_another_s(
    store: Store, settings: ServiceSettings, pair: tuple[str, str]
) -> None:
    """With one place at a time the platforms take turns, whoever came first."""
    large = LtiCourse(store, settings, MoodleRules(), pair, "lti-large")
    small = LtiCourse(store, settings, MoodleRules(), pair, "lti-small")
    students = [str(number) for number in range(100, 130)]
    large.enrol(*students)
    small.enrol("11")
    for student in students:
        large.hand_in(student, 5)
    small.hand_in("11", 5)
    order = [claim.item.course for _ in range(2) for claim in store.scores.claim(1, 4, 60.0)]
    assert order == ["lti-large", "lti-small"]


def test_a_student_whose_mark_keeps_changing_waits_no_longer_than_others(course: LtiCourse) -> None:
    students = [str(number) for number in range(100, 120)]
    course.enrol(*students)
    course.hand_in("11", 1)
    for number, student in enumerate(students):
        course.hand_in(student, 5)
        course.hand_in("11", number % 10)
    assert course.store.scores.claim(1, 1, 60.0)[0].student == "11"


def test_two_sweepers_never_post_for_one_student_at_once(
    store: Store, settings: ServiceSettings, pair: tuple[str, str]
) -> None:
    course = LtiCourse(store, settings, CanvasRules(), pair)
    students = [str(number) for number in range(100, 108)]
    course.enrol(*students)
    users_going: list[str] = []
    doubled_users: list[str] = []
    lock = threading.Lock()

    def intercept(request: Request) -> Response | None:
        if not request.path.endswith("/scores"):
            return None
        user = str(request.get_json(force=True)["userId"])
        with lock:
            doubled_users.extend([user] if user in users_going else [])
            users_going.append(user)
        # A slow platform: without the claim the other sweeper would post meanwhile.
        time.sleep(0.005)
        with lock:
            users_going.remove(user)
        return None

    course.book.intercept = intercept
    stop = threading.Event()
    sweepers = [threading.Thread(target=course.sender.loop, args=(stop,)) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        for number in range(40):
            course.hand_in(students[number % 8], number % 11)
        until(lambda: not course.store.scores.waiting(), "every mark arrives")
    finally:
        stop.set()
        for sweeper in sweepers:
            sweeper.join()
    assert doubled_users == []
    assert course.book.erased == []
    for student in students:
        attempts = store.courses.attempts_of(course.name, ASSIGNMENT, student)
        assert course.marks()[student] == pytest.approx(20 * max(attempt.share or 0 for attempt in attempts))


def test_a_clock_that_is_set_back_delays_no_mark(course: LtiCourse) -> None:
    course.store.scores.ahead = 50_000.0
    course.outage = refuse_connection
    course.hand_in("11", 4)
    course.send()
    course.outage = None
    # Redis's clock goes back by most of a day: what was put off by a minute is due within one.
    course.store.scores.ahead = 0.0
    course.send()
    course.settle(seconds=60)
    assert course.marks() == {"11": 8.0}
    assert course.store.scores.ahead < 1000


def test_a_mark_that_went_back_is_sent_although_nobody_knows_what_became_of_the_post_between(course: LtiCourse) -> None:
    """A process posted the mark between and died: the gradebook has it, and the store does not know."""
    store, name = course.store, course.hand_in("11", 4)
    course.settle()
    assert replace_verdict(store, name, 1, verdict("failed", score=6, max_score=10), "regrade")
    (claim,) = store.scores.claim(1, 1, 60.0)
    post = course.sender.prepare(claim)
    assert isinstance(post, ScorePost)
    course.sender.send(claim, post)
    assert course.marks() == {"11": 12.0}
    assert restore_verdict(store, name, 2, 1)
    store.scores.ahead += 61
    course.settle()
    assert course.marks() == {"11": 8.0}


def test_a_process_that_was_taken_over_concludes_nothing(course: LtiCourse) -> None:
    store, name = course.store, course.hand_in("11", 4)
    (late_claim,) = store.scores.claim(1, 1, 60.0)
    post = course.sender.prepare(late_claim)
    assert isinstance(post, ScorePost)
    store.scores.ahead += 61
    assert replace_verdict(store, name, 1, verdict("failed", score=6, max_score=10), "regrade")
    (claim,) = store.scores.claim(1, 1, 60.0)
    assert store.scores.conclude(late_claim, course.sender.send(late_claim, post)) is None
    course.post(claim)
    assert course.marks() == {"11": 12.0}
    assert restore_verdict(store, name, 2, 1)
    course.settle()
    assert course.marks() == {"11": 8.0}
