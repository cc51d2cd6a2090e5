"""Rosters of a made-up platform: read whole or not at all, daily and when staff ask."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from werkzeug.wrappers import Request, Response

from backmark.grader.lti.identity import CourseRole, student_name
from backmark.grader.model.lti import LtiUser
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.scores import ScoreReason
from backmark.grader.model.terms import Override
from backmark.grader.store.store import Store
from backmark.worker.service.rosters import RosterReader
from tests.lti.platform.course import ASSIGNMENT, LtiCourse, refuse_connection
from tests.lti.platform.gradebook import INSTRUCTOR, LEARNER, TEST_USER, Member

DAY = 86_400.0
STRANGER = '{"user_id": "1", "roles": []}'


@pytest.fixture
def reader(course: LtiCourse) -> RosterReader:
    course.book.members.clear()
    return RosterReader(course.store, course.services)


def read_due(reader: RosterReader) -> int:
    """Read the rosters that are due, and return their number."""
    with ThreadPoolExecutor() as pool:
        readings = reader.start_due(pool, 4)
    for reading in readings:
        reading.result()
    return len(readings)


def present(store: Store, course: LtiCourse) -> set[str]:
    """The students who are in the course."""
    return {name for name, entry in store.courses.roster(course.name).items() if entry.left is None}


def test_a_roster_of_many_pages_is_read_soon_after_the_launch(course: LtiCourse, reader: RosterReader) -> None:
    course.book.enrol(*(Member(str(number), f"Student {number}", sourced_id=f"s{number}") for number in range(35)))
    course.book.enrol(Member("90", "Tina", (INSTRUCTOR,)), Member("91", "Both", (INSTRUCTOR, LEARNER)))
    course.book.enrol(Member("92", "Test Student", (LEARNER, TEST_USER)), Member("93", status="Inactive"))
    assert read_due(reader) == 1
    roster = course.store.courses.roster(course.name)
    assert set(roster) == {str(number) for number in range(35)}
    # An id of a registrar is not stored.
    assert (roster["7"].name, roster["7"].lms_id, roster["7"].source) == ("Student 7", "", "lti")
    users = {user.student: user for user in course.store.launches.users(course.name)}
    assert users["90"].staff
    assert users["91"].staff
    assert users[student_name("92", CourseRole.TEST_STUDENT)].test


def test_who_left_is_marked_and_comes_back(course: LtiCourse, reader: RosterReader) -> None:
    store = course.store
    course.book.enrol(Member("11"), Member("12"))
    read_due(reader)
    course.hand_in("12", 4)
    del course.book.members["12"]
    store.rosters.ahead = DAY
    assert read_due(reader) == 1
    assert present(store, course) == {"11"}
    assert store.courses.roster(course.name)["12"].left is not None
    assert len(store.courses.attempts_of(course.name, ASSIGNMENT, "12")) == 1
    course.book.enrol(Member("12"))
    assert store.rosters.request(course.name)
    assert read_due(reader) == 1
    assert present(store, course) == {"11", "12"}


def test_a_course_that_is_deleted_while_its_roster_is_read_stays_deleted(
    course: LtiCourse, reader: RosterReader
) -> None:
    """No name of a student comes back."""

    def delete_course(_: Request) -> None:
        course.store.courses.delete(course.name)

    course.book.enrol(Member("11"))
    course.book.intercept = delete_course
    read_due(reader)
    assert course.store.courses.roster(course.name) == {}
    assert course.store.launches.users(course.name) == []


def test_who_comes_in_while_the_roster_is_read_does_not_leave(course: LtiCourse, reader: RosterReader) -> None:
    """The first page was written before the launch, so it lacks them."""

    def launch(_: Request) -> None:
        course.store.courses.add_student(course.name, RosterEntry("12", source="lti"), "the LMS")

    course.book.enrol(Member("11"))
    course.book.intercept = launch
    assert read_due(reader) == 1
    assert present(course.store, course) == {"11", "12"}


def test_a_page_that_fails_changes_nothing_and_is_read_again_within_an_hour(
    course: LtiCourse, reader: RosterReader
) -> None:
    store = course.store
    course.book.enrol(*(Member(str(number)) for number in range(30)))
    read_due(reader)
    failing_queries = ["from=20"]

    def intercept(request: Request) -> Response | None:
        fails = failing_queries and request.query_string.decode() in failing_queries
        return Response("maintenance", 503) if fails else None

    course.book.intercept = intercept
    store.rosters.ahead = DAY
    read_due(reader)
    assert len(present(store, course)) == 30
    reading = store.rosters.reading(course.name)
    assert reading is not None
    assert reading.problem == 'the LMS answered 503, "maintenance"'
    failing_queries.clear()
    assert read_due(reader) == 0
    store.rosters.ahead += 3600
    assert read_due(reader) == 1
    reading = store.rosters.reading(course.name)
    assert reading is not None
    assert reading.problem == ""


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response('{"members": []}'), "the LMS sent an empty roster"),
        (Response("<html>"), "the LMS sent a roster that cannot be read"),
        (Response('{"members": [{"user_id": "1"}]}'), "the LMS sent a roster that cannot be read"),
        (
            Response('{"members": [{"user_id": "\\ud800", "roles": []}]}'),
            "the LMS sent a roster that cannot be read",
        ),
        (
            Response(f'{{"members": [{STRANGER.replace("1", "1" * 256)}]}}'),
            "the LMS sent a roster that cannot be read",
        ),
        (Response("[" * 100_000), "the LMS sent a roster that cannot be read"),
        (
            Response(f'{{"members": [{", ".join([STRANGER] * 20_001)}]}}'),
            "the roster has more than 20,000 members",
        ),
        (
            Response('{"members": [{"user_id": "1", "roles": []}]}', headers={"Link": '<//evil.example/>; rel="next"'}),
            "the next page of the roster is on another server than the first",
        ),
        (
            Response(
                '{"members": [{"user_id": "1", "roles": []}]}', headers={"Link": "https://lms.example/members?from=1"}
            ),
            "the address of the roster's next page cannot be read: no link begins at character 0 of the Link header",
        ),
    ],
)
def test_a_roster_that_makes_no_sense_changes_nothing(
    course: LtiCourse, reader: RosterReader, answer: Response, problem: str
) -> None:
    course.book.enrol(Member("11"))
    read_due(reader)
    course.book.intercept = lambda request: answer if request.path == "/members" else None
    course.store.rosters.request(course.name)
    read_due(reader)
    assert present(course.store, course) == {"11"}
    reading = course.store.rosters.reading(course.name)
    assert reading is not None
    assert reading.problem == problem


def test_what_is_null_in_a_row_is_as_if_it_were_missing(course: LtiCourse, reader: RosterReader) -> None:
    row = f'{{"user_id": "11", "roles": ["{LEARNER}"], "status": null, "name": null, "given_name": "Ada"}}'
    course.book.intercept = lambda request: Response(f'{{"members": [{row}]}}') if request.path == "/members" else None
    read_due(reader)
    assert course.store.courses.roster(course.name)["11"].name == "Ada"


def test_a_name_of_any_characters_is_one_line(course: LtiCourse, reader: RosterReader) -> None:
    course.book.enrol(Member("11", "Ada\n\x1b[2J\u202e\ud800 Lovelace"))
    read_due(reader)
    assert course.store.courses.roster(course.name)["11"].name == "Ada [2J Lovelace"


def test_a_platform_that_is_away_changes_nothing(course: LtiCourse, reader: RosterReader) -> None:
    course.outage = refuse_connection
    read_due(reader)
    reading = course.store.rosters.reading(course.name)
    assert reading is not None
    assert reading.problem == "the LMS did not answer: connection refused"
    assert course.store.courses.roster(course.name) == {}


def test_what_the_platform_keeps_to_itself_stays_as_it_was(course: LtiCourse, reader: RosterReader) -> None:
    course.store.courses.add_student(course.name, RosterEntry("11", "Ada", "sis-1"), "staff")
    course.book.enrol(Member("11"))
    read_due(reader)
    entry = course.store.courses.roster(course.name)["11"]
    assert (entry.name, entry.lms_id) == ("Ada", "sis-1")


def test_a_mark_of_a_student_who_never_launched_is_sent_when_the_roster_has_them(
    course: LtiCourse, reader: RosterReader
) -> None:
    course.store.courses.set_override(course.name, ASSIGNMENT, Override("12", 0.5, "staff", "a talk"))
    course.settle()
    assert course.score("12").reason is ScoreReason.UNKNOWN_STUDENT
    course.book.enrol(Member("12"))
    read_due(reader)
    course.settle()
    assert course.marks() == {"12": 10.0}


def test_a_mark_that_was_refused_for_a_student_outside_the_course_is_sent_at_the_next_launch(course: LtiCourse) -> None:
    course.enrol("12")
    del course.book.members["12"]
    course.hand_in("12", 5)
    course.settle()
    assert course.score("12").reason is ScoreReason.REFUSED
    course.enrol("12")
    course.settle()
    assert course.marks()["12"] == 10.0


def test_who_launched_as_staff_is_no_student_of_the_roster_and_gets_no_mark(
    course: LtiCourse, reader: RosterReader
) -> None:
    course.book.enrol(Member("11"), Member("12", "Tina"))
    course.store.launches.record_user(LtiUser(course.name, "12", "12", staff=True, instructed=True))
    course.hand_in("12", 10)
    read_due(reader)
    assert present(course.store, course) == {"11"}
    course.settle()
    assert course.score("12").reason is ScoreReason.STAFF
    course.store.courses.add_student(course.name, RosterEntry("12"), "prof")
    assert course.store.rosters.request(course.name)
    read_due(reader)
    assert present(course.store, course) == {"11", "12"}
    course.settle()
    assert course.marks()["12"] == 20.0


@pytest.mark.parametrize("first", [LEARNER, INSTRUCTOR])
def test_a_person_with_a_row_as_learner_and_one_as_instructor_is_both_and_gets_marks(
    course: LtiCourse, reader: RosterReader, first: str
) -> None:
    second = INSTRUCTOR if first == LEARNER else LEARNER
    rows = [{"user_id": "12", "name": "Tina", "roles": [role]} for role in (first, second)]
    course.book.enrol(Member("12"))
    course.book.intercept = lambda request: (
        Response(json.dumps({"members": rows})) if request.path == "/members" else None
    )
    course.hand_in("12", 10)
    read_due(reader)
    assert present(course.store, course) == {"12"}
    course.settle()
    assert course.marks() == {"12": 20.0}


def test_a_course_without_a_roster_in_its_lms_is_left_alone(course: LtiCourse, reader: RosterReader) -> None:
    context = course.store.launches.context(course.name)
    assert context is not None
    course.store.launches.record_context(replace(context, roster_url=""))
    assert read_due(reader) == 0
    assert not course.store.rosters.request(course.name)
    assert course.store.rosters.reading(course.name) is None
