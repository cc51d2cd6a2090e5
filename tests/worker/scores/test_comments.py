"""The comment of a score: what to change first and where the verdict is, and no more than the student may read."""

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.terms import Override, Policy
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports import score_comment
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from tests.lti.platform.course import ASSIGNMENT, LtiCourse
from tests.lti.platform.gradebook import MoodleRules
from tests.reports.graded import repair_verdict
from tests.store.making import accept, claim_job, new, replace_verdict, verdict
from tests.worker.scores.conftest import enrol_student

#: A verdict that names lines.
WRONG = repair_verdict()


def hand_in(course: LtiCourse, given: Verdict = WRONG) -> str:
    """Hand in what gets this verdict."""
    name = accept(course.store, new("11", course=course.name, assignment=ASSIGNMENT))
    assert course.store.submissions.finish(claim_job(course.store, name), given)
    course.settle()
    return name


def comments(course: LtiCourse) -> tuple[str, ...]:
    """What the student reads in the gradebook."""
    return course.book.cells[course.column, "11"].comments


@pytest.fixture
def addressed(settings: ServiceSettings) -> ServiceSettings:
    """The settings of a service that signs links."""
    return settings.model_copy(update={"secret": SecretStr("only for tests, and as long as a real one is")})


def test_the_first_line_to_change_and_the_link_arrive(
    store: Store, addressed: ServiceSettings, pair: tuple[str, str]
) -> None:
    course = enrol_student(LtiCourse(store, addressed, MoodleRules(), pair))
    name = hand_in(course)
    (comment,) = comments(course)
    paragraphs = comment.split("\n\n")
    assert paragraphs[1].startswith("What to change")
    assert WRONG.repair[0].source in comment
    assert paragraphs[-1].startswith("The whole verdict: https://backmark.example/verdicts/")
    assert name not in paragraphs[0]


def test_without_a_secret_there_is_no_link(moodle: LtiCourse) -> None:
    hand_in(moodle)
    (comment,) = comments(moodle)
    assert "https://" not in comment


def test_what_is_held_back_is_in_no_comment(course: LtiCourse) -> None:
    course.store.courses.set_policy(course.name, ASSIGNMENT, Policy(held_back=True), "prof")
    hand_in(course)
    assert course.book.scores == []
    course.store.courses.publish_marks(course.name, ASSIGNMENT, "prof")
    course.settle()
    assert "What to change" in comments(course)[0]


def test_a_comment_says_no_more_than_the_level_of_feedback(moodle: LtiCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page does: at the level `score` no line is named."""
    monkeypatch.setattr("backmark.grader.store.disclosed.read_feedback", lambda *_: Feedback.always(Level.SCORE))
    hand_in(moodle)
    (comment,) = comments(moodle)
    assert comment
    assert "What to change" not in comment
    assert WRONG.repair[0].source not in comment


def test_canvas_which_adds_comments_gets_each_once(canvas: LtiCourse) -> None:
    name = hand_in(canvas)
    first = comments(canvas)
    # A mark that changes, and its comment does not.
    canvas.store.courses.set_override(canvas.name, ASSIGNMENT, Override("11", 0.5, "prof", "a talk"))
    canvas.settle()
    canvas.store.scores.send_again(canvas.name, ASSIGNMENT)
    canvas.settle()
    assert len(canvas.book.scores) == 3
    assert comments(canvas) == first
    replace_verdict(canvas.store, name, 1, verdict("failed", score=8, max_score=10), "regrade")
    canvas.settle()
    assert len(comments(canvas)) == 2
    assert comments(canvas)[0] == first[0]


def test_moodle_which_has_one_comment_gets_it_with_each_score(moodle: LtiCourse) -> None:
    hand_in(moodle)
    first = comments(moodle)
    moodle.store.courses.set_override(moodle.name, ASSIGNMENT, Override("11", 0.5, "prof", "a talk"))
    moodle.settle()
    assert len(moodle.book.scores) == 2
    assert comments(moodle) == first != ()


def test_another_comment_is_sent_beside_the_same_mark(course: LtiCourse) -> None:
    name = hand_in(course, verdict("failed", score=WRONG.score, max_score=WRONG.max_score))
    assert "What to change" not in comments(course)[-1]
    replace_verdict(course.store, name, 1, WRONG, "regrade")
    course.settle()
    assert "What to change" in comments(course)[-1]


def test_a_mark_that_an_earlier_version_sent_is_not_sent_again_for_its_comment(course: LtiCourse) -> None:
    hand_in(course)
    key = f"bm:score:{course.item.id}:11"
    sent: list[Any] = json.loads(course.store.redis.hget(key, "sent") or "")
    course.store.redis.hset(key, "sent", json.dumps(sent[:3]))
    course.store.courses.set_policy(course.name, ASSIGNMENT, Policy(attempts=5), "prof")
    course.settle()
    assert len(course.book.scores) == 1


def test_a_mark_arrives_whatever_is_wrong_with_its_comment(moodle: LtiCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Verdict) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(score_comment, "render", fail)
    hand_in(moodle)
    assert comments(moodle) == ()
    assert moodle.marks()["11"] is not None


def test_an_override_of_a_student_who_handed_in_nothing_has_no_comment(course: LtiCourse) -> None:
    course.store.courses.set_override(course.name, ASSIGNMENT, Override("11", 0.5, "prof", "a talk"))
    course.settle()
    assert (course.marks()["11"], comments(course)) == (10.0, ())


def test_a_comment_has_no_instruction_for_a_terminal_and_an_end() -> None:
    raw = WRONG.repair[0]
    shown = score_comment.render(_with_source("x = '\x1b[2J'\n" * 1000))
    assert raw.source not in shown
    assert "\x1b" not in shown
    assert len(shown) < 4000


def _with_source(source: str) -> Verdict:
    return replace(WRONG, repair=(replace(WRONG.repair[0], source=source), *WRONG.repair[1:]))
