"""Launches by an LMS: whom they lead where, and what they leave in the store."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask

from backmark.grader.lti.identity import CourseRole, course_name, platform_id, student_name
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Policy
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import links
from tests.lti.browsing import PUBLIC, TAB, LtiBrowser
from tests.lti.conftest import ASSIGNMENT
from tests.lti.platform.lms import ADMINISTRATOR, ASSISTANT, DL, LEARNER, LTI, MENTOR, TEST_USER, Claims, Lms

SOURCE = b"def backward_pass(): pass\n"
TARGET = f"{LTI}target_link_uri"


def course_of(lms: Lms) -> str:
    """The name of the LMS's only course."""
    return course_name(platform_id(lms.url, "client-1"), "deployment-1", "course-1")


def _hand_in(store: Store, course: str, student: str) -> str:
    revision = store.assignments.current(course, ASSIGNMENT)
    assert revision is not None
    return store.submissions.accept(NewSubmission(course, ASSIGNMENT, revision.id, student, "answer.py", SOURCE)).id


def _code(page: str) -> str:
    match = re.search(r'name="code" value="([^"]+)"', page)
    assert match is not None, page
    return match[1]


def test_a_student_comes_to_a_link_of_their_own_that_holds_for_hours(browser: LtiBrowser, tool: Flask) -> None:
    answer = browser.launch("7", "link-1")
    assert answer.status_code == 303, answer.text
    with tool.test_request_context():
        link = links.check_hand_in(links.open_hand_in(answer.location.rpartition("/")[2]))
    assert (link.course, link.assignment, link.student) == (course_of(browser.lms), ASSIGNMENT, "7")
    page = browser.get(answer.location)
    assert "Neural networks" in page.text
    assert "Ada Lovelace" in page.text


def test_a_student_who_had_left_and_launches_is_back(browser: LtiBrowser, store: Store) -> None:
    browser.launch("7", "link-1")
    course = course_of(browser.lms)
    store.courses.put_roster(course, [RosterEntry("7", "Ada", lms_id="a7", source="lti")], "lti", "the LMS")
    store.courses.put_roster(course, [], "lti", "the LMS")
    assert store.courses.roster(course)["7"].left is not None
    browser.launch("7", "link-1")
    entry = store.courses.roster(course)["7"]
    assert (entry.left, entry.lms_id) == (None, "a7")


def test_the_launch_is_recorded(browser: LtiBrowser, store: Store) -> None:
    browser.launch("7", "link-1")
    course = course_of(browser.lms)
    context, user = store.launches.context(course), store.launches.user(course, "7")
    assert context is not None
    assert (context.context, context.title, context.deployment) == ("course-1", "Neural networks", "deployment-1")
    assert context.roster_url == f"{browser.lms.url}/memberships/course-1"
    assert user is not None
    assert (user.subject, user.name, user.staff, user.test) == ("7", "Ada Lovelace", False, False)
    (item,) = store.line_items.of(course, ASSIGNMENT)
    assert item.url == f"{browser.lms.url}/lineitems/1"
    assert [deployment.id for deployment in store.platforms.deployments(context.platform)] == ["deployment-1"]


@pytest.mark.parametrize(
    "change",
    [
        {name: None}
        for name in (
            *("name", "azp", "nbf", "jti", "locale", TARGET, f"{LTI}launch_presentation"),
            *("https://purl.imsglobal.org/spec/lti-ags/claim/endpoint", f"{LTI}tool_platform"),
            *("https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice", f"{DL}deep_linking_settings"),
        )
    ]
    + [
        {f"{LTI}launch_presentation": {"return_url": None, "document_target": None}},
        {f"{LTI}context": {"id": "course-1", "title": None, "label": None, "type": None}},
        {f"{LTI}resource_link": {"id": "link-1", "title": None}},
        {"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {"scope": None, "lineitem": None}},
        {"https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {"context_memberships_url": None}},
    ],
    ids=lambda change: next(iter(change)).rpartition("/")[2],
)
def test_an_optional_claim_that_is_null_is_as_if_it_were_missing(browser: LtiBrowser, change: Claims) -> None:
    browser.lms.change = _add_claim(change)
    answer = browser.launch("7", "link-1")
    assert answer.status_code == 303, answer.text


def test_two_deployments_with_one_context_id_are_two_courses(browser: LtiBrowser, store: Store, tool: Flask) -> None:
    """The standard has contexts told apart within one deployment only."""
    courses = set()
    for deployment in ("deployment-1", "deployment-2", "deployment-1"):
        browser.lms.deployment = deployment
        column = f"{browser.lms.url}/{deployment}/lineitems/1"
        browser.lms.links["link-1"].line_item = column
        location = browser.launch("7", "link-1").location
        with tool.test_request_context():
            course = links.check_hand_in(links.open_hand_in(location.rpartition("/")[2])).course
        courses.add(course)
        assert [item.url for item in store.line_items.of(course, ASSIGNMENT)] == [column]
    assert len(courses) == 2


def test_the_lms_s_due_date_is_the_policy_until_staff_set_another(browser: LtiBrowser, store: Store) -> None:
    course, lms = course_of(browser.lms), browser.lms
    lms.links["link-1"].custom["due"] = "$ResourceLink.submission.endDateTime"
    browser.launch("2", "link-1")
    lms.due["link-1"] = "2029-03-01T12:00:00Z"
    # An LMS may send a student's own date.
    browser.launch("7", "link-1")
    assert store.courses.policy(course, ASSIGNMENT) is None
    for due in ("2030-03-01T12:00:00Z", "2031-03-01T12:00:00Z", "no date"):
        lms.due["link-1"] = due
        assert browser.launch("2", "link-1").status_code == 200
    assert store.courses.policy(course, ASSIGNMENT) == Policy(due=1898596800.0)


def test_who_opens_an_assignment_is_on_the_roster_unless_staff_or_a_preview(browser: LtiBrowser, store: Store) -> None:
    browser.lms.enrol("5", "Test Student", LEARNER, TEST_USER)
    for person in ("7", "7", "2", "5"):
        browser.launch(person, "link-1")
    roster = store.courses.roster(course_of(browser.lms))
    assert [(entry.student, entry.name, entry.source) for entry in roster.values()] == [("7", "Ada Lovelace", "lti")]


def test_who_launched_as_staff_is_no_student_whatever_the_lms_s_roster_says(browser: LtiBrowser, store: Store) -> None:
    """Moodle's roster calls a non-editing teacher Learner."""
    course = course_of(browser.lms)
    store.courses.put_roster(course, [RosterEntry("2"), RosterEntry("7")], "lti", "LMS")
    browser.launch("2", "link-1")
    assert set(store.courses.roster(course)) == {"7"}
    user = store.launches.user(course, "2")
    assert user is not None
    assert (user.staff, user.instructed) == (True, True)


def test_a_launch_of_staff_as_a_student_is_a_preview_and_says_so(
    browser: LtiBrowser, tool: Flask, store: Store
) -> None:
    """Moodle's "Switch role to Student" launches with the teacher's own subject."""
    course = course_of(browser.lms)
    browser.launch("2", "link-1")
    browser.lms.people["2"].roles = [LEARNER]
    student = LtiBrowser.open_new(tool, browser.lms)
    preview = student.get(student.launch("2", "link-1").location)
    assert "This is a preview." in preview.text
    assert store.courses.roster(course) == {}
    (name,) = store.launches.no_students(course) - {"2"}
    assert name == student_name("2", CourseRole.TEST_STUDENT)
    user = store.launches.user(course, "2")
    assert user is not None
    assert user.staff
    assert "This is a preview." not in student.get(student.launch("7", "link-1").location).text
    _hand_in(store, course, name)
    _hand_in(store, course, "7")
    assert store.cohorts.read(course, ASSIGNMENT).handed_in == 1


def test_staff_whom_colleagues_put_on_the_roster_are_students(browser: LtiBrowser, tool: Flask, store: Store) -> None:
    """The way out for a student who was Instructor by mistake."""
    course = course_of(browser.lms)
    browser.launch("2", "link-1")
    store.courses.add_student(course, RosterEntry("2"), "prof")
    browser.lms.people["2"].roles = [LEARNER]
    student = LtiBrowser.open_new(tool, browser.lms)
    assert "This is a preview." not in student.get(student.launch("2", "link-1").location).text
    assert store.launches.no_students(course) == frozenset()


def test_the_link_of_a_launch_ends_with_its_student_and_the_next_launch_makes_another(
    browser: LtiBrowser, tool: Flask, store: Store
) -> None:
    course = course_of(browser.lms)
    form = browser.launch("7", "link-1").location
    assert browser.get(form).status_code == 200
    with tool.test_request_context():
        store.submissions.delete_student(course, "7", links=links.owner(course, student="7"))
    refusal = browser.get(form)
    assert (refusal.status_code, "open the assignment again in your course" in refusal.text) == (410, True)
    assert browser.get(browser.launch("7", "link-1").location).status_code == 200


def test_nothing_of_a_deleted_student_or_course_is_left(browser: LtiBrowser, store: Store) -> None:
    course = course_of(browser.lms)
    browser.launch("7", "link-1")
    store.submissions.delete_student(course, "7")
    assert store.launches.user(course, "7") is None
    browser.launch("8", "link-1")
    store.courses.delete(course)
    assert store.redis.keys(f"bm:*{course}*") == []
    assert store.line_items.of(course, ASSIGNMENT) == []


def test_pages_of_an_lms_s_course_may_be_in_its_frames_and_in_no_other(browser: LtiBrowser, tool: Flask) -> None:
    page = browser.get(browser.launch("7", "link-1").location)
    assert f"frame-ancestors {browser.lms.url}" in page.headers["Content-Security-Policy"]
    with tool.test_request_context():
        other_link = links.hand_in("course", ASSIGNMENT, "7")
    assert "frame-ancestors 'none'" in browser.get(other_link).headers["Content-Security-Policy"]


def test_an_lms_of_several_names_shows_pages_under_each(browser: LtiBrowser) -> None:
    page = None
    for name in ("https://one.example", "https://two.example", "https://one.example"):
        claim = {f"{LTI}launch_presentation": {"return_url": f"{name}/page"}}
        browser.lms.change = _add_claim(claim)
        page = browser.get(browser.launch("7", "link-1").location)
    assert page is not None
    assert "one.example" in page.headers["Content-Security-Policy"]
    assert "two.example" in page.headers["Content-Security-Policy"]
    # What may not be in a frame opens outside of it.
    assert 'href="/help" target="_blank"' in page.text
    assert 'href="/help">' in browser.get("/", **TAB).text


def _add_claim(claim: Claims) -> Callable[[Claims], Claims]:
    return lambda claims: claims | claim


def test_without_any_cookie_a_student_hands_in_and_comes_back(browser: LtiBrowser, tool: Flask, store: Store) -> None:
    form = browser.launch("7", "link-1").location
    stranger = LtiBrowser.open_new(tool, browser.lms)
    response = stranger.client.post(
        form,
        data={"once": "1", "file": (io.BytesIO(SOURCE), "answer.py")},
        base_url=PUBLIC,
        headers={"Sec-Fetch-Dest": "iframe"},
    )
    assert response.status_code == 303, response.text
    assert "Set-Cookie" not in response.headers
    (submission,) = store.submissions.list(Filter(course_of(browser.lms)), 10).items
    assert submission.student == "7"
    store.submissions.cancel(submission.id)
    assert f'href="{form}"' in stranger.get(response.location).text
    # The result's address as somebody opens it in a tab leads to no form.
    assert f'href="{form}"' not in stranger.get(response.location, **TAB).text


def test_staff_come_in_by_a_button_once(browser: LtiBrowser, store: Store) -> None:
    page = browser.launch("2", "link-1")
    code = _code(page.text)
    response = browser.send("/lti/staff", {"code": code})
    course = course_of(browser.lms)
    assert (response.status_code, response.location) == (303, f"/courses/{course}/assignments/{ASSIGNMENT}")
    assert browser.get(response.location).status_code == 200
    assert browser.get("/courses/elsewhere").status_code == 404
    repeat = browser.send("/lti/staff", {"code": code})
    assert (repeat.status_code, "already used" in repeat.text) == (403, True)
    (token,) = store.tokens.list(course)
    assert (token.name, token.scopes) == ("Tina Teacher", frozenset({Scope.STAFF}))
    assert token.expires is not None
    browser.launch("2", "link-1")
    assert len(store.tokens.list(course)) == 1
    store.tokens.revoke(token.id)
    assert browser.get(response.location).status_code == 303


def test_staff_s_pages_call_course_and_student_by_the_lms_s_names(browser: LtiBrowser) -> None:
    browser.launch("7", "link-1")
    location = browser.send("/lti/staff", {"code": _code(browser.launch("2", "link-1").text)}).location
    home = location.partition("/assignments/")[0]
    for path in (location, f"{location}/marks", f"{location}/policy", f"{home}/roster", f"{home}/submissions"):
        page = browser.get(path).text
        assert f">{home.rpartition('/')[2]}<" not in page
        assert "Neural networks</a>" in page
    assert (
        'This is the page that <strong class="student">Ada Lovelace</strong> sees'
        in browser.get(f"{location}/as-student?student=7").text
    )
    assert "from the LMS every day" in browser.get(f"{home}/roster").text


@pytest.mark.parametrize("role", [LEARNER, MENTOR])
def test_who_is_no_longer_staff_is_signed_out_by_the_next_launch(role: str, browser: LtiBrowser, tool: Flask) -> None:
    response = browser.send("/lti/staff", {"code": _code(browser.launch("2", "link-1").text)})
    assert browser.get(response.location).status_code == 200
    browser.lms.people["2"].roles = [role]
    LtiBrowser.open_new(tool, browser.lms).launch("2", "link-1")
    assert browser.get(response.location).status_code == 303


def test_a_sign_in_that_ends_soon_is_replaced_and_all_can_be_ended(
    browser: LtiBrowser, tool: Flask, store: Store
) -> None:
    browser.launch("2", "link-1")
    course = course_of(browser.lms)
    (first,) = store.tokens.list(course)
    store.redis.hset(f"bm:token:{first.id}", "expires", round(1000 * (store.time() + 600)))
    assert store.tokens.valid(first.id) is not None
    browser.launch("2", "link-1")
    (second,) = (token for token in store.tokens.list(course) if store.tokens.valid(token.id) is not None)
    assert second.id != first.id
    browser.lms.people["2"].roles = [LEARNER]
    LtiBrowser.open_new(tool, browser.lms).launch("2", "link-1")
    assert store.tokens.valid(second.id) is None


def test_a_button_pressed_by_another_site_signs_nobody_in(browser: LtiBrowser) -> None:
    code = _code(browser.launch("2", "link-1").text)
    assert browser.send("/lti/staff", {"code": code}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_in_a_tab_of_its_own_staff_need_no_button(browser: LtiBrowser) -> None:
    assert browser.launch("2", "link-1", TAB).location.endswith(f"/assignments/{ASSIGNMENT}")


def test_staff_are_those_of_the_course_alone(browser: LtiBrowser, store: Store) -> None:
    roles = {"3": [ASSISTANT], "4": [ADMINISTRATOR, LEARNER], "5": [LEARNER, TEST_USER], "9": [ADMINISTRATOR]}
    for person, given_roles in roles.items():
        browser.lms.enrol(person, f"Person {person}", *given_roles)
    assert "Open Backmark in a new tab" in browser.launch("3", "link-1").text
    assert browser.launch("4", "link-1").location.startswith("/hand-in/")
    assert browser.launch("5", "link-1").location.startswith("/hand-in/")
    assert browser.launch("9", "link-1").status_code == 403
    users = {user.subject: user for user in store.launches.users(course_of(browser.lms))}
    assert {subject: (user.staff, user.test) for subject, user in users.items()} == {
        "3": (True, False),
        "4": (False, False),
        "5": (False, True),
    }


def test_an_observer_is_told_so(browser: LtiBrowser) -> None:
    browser.lms.enrol("6", "Parent", MENTOR)
    refusal = browser.launch("6", "link-1")
    assert (refusal.status_code, "You are an observer of this course" in refusal.text) == (403, True)


def test_a_link_without_a_column_tells_staff_so_and_students_nothing(browser: LtiBrowser, store: Store) -> None:
    browser.lms.links["link-1"].line_item = None
    assert "no gradebook column" in browser.launch("2", "link-1").text
    assert browser.launch("7", "link-1").location.startswith("/hand-in/")
    assert store.line_items.of(course_of(browser.lms), ASSIGNMENT) == []


def test_a_link_without_an_assignment_is_explained(browser: LtiBrowser) -> None:
    for custom in ({}, {"assignment": "other"}, {"assignment": "../x"}):
        browser.lms.links["link-1"].custom = dict(custom)
        assert "Tell the staff of your course" in browser.launch("7", "link-1").text
        assert "Until then, students see" in browser.launch("2", "link-1").text


def test_the_gradebook_opens_a_verdict_for_staff_and_for_whose_it_is(browser: LtiBrowser, store: Store) -> None:
    launch_url = browser.lms._tool().launch_url
    submission = _hand_in(store, course_of(browser.lms), "7")
    other_submission = _hand_in(store, "course", "7")
    browser.lms.change = lambda claims: claims | {TARGET: f"{launch_url}?submission={submission}"}
    assert browser.launch("2", "link-1").location.startswith("/verdicts/")
    assert browser.launch("7", "link-1").location.startswith("/verdicts/")
    assert browser.launch("8", "link-1").status_code == 403
    browser.lms.change = lambda claims: claims | {TARGET: f"{launch_url}?submission={other_submission}"}
    assert browser.launch("2", "link-1").status_code == 403
