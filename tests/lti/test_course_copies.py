"""A course that is copied in the LMS: its staff take over the assignments of the earlier one, in one act."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from backmark.grader.lti.identity import course_name, platform_id
from backmark.grader.model.course import Course
from backmark.grader.model.publications import KitFiles, RevisionRecord
from backmark.grader.model.terms import Counts, Policy
from backmark.grader.store.store import Store
from tests.lti.browsing import TAB, LtiBrowser
from tests.lti.conftest import ASSIGNMENT
from tests.lti.platform.lms import INSTRUCTOR, Link, Lms
from tests.lti.test_launching import course_of

#: Mondays at six in the evening in UTC.
DUE = datetime(2026, 3, 2, 18, tzinfo=UTC)
WEEKS = 26


def own(number: int) -> str:
    """The id of an assignment with code of its own."""
    return f"own-{number}"


def publish(store: Store, course: str, number: int) -> RevisionRecord:
    """Publish an assignment with code of its own, as a token with the scope author did."""
    shipped = store.assignments.packaged(ASSIGNMENT)
    assert shipped is not None
    title = f"Homework {number}"
    record = RevisionRecord(f"r{number}", course, shipped.assignment, own(number), title, "0" * 64, 0.0, fresh=2)
    return store.assignments.publish(record, b"cases", b"pool", KitFiles(b"kit", b"kit with solution"))


def fill(store: Store, course: str) -> None:
    """Give a course twelve assignments: eleven of its own, and one that ships."""
    for number in range(11):
        publish(store, course, number)
        due = (DUE + timedelta(weeks=number)).timestamp()
        policy = Policy(due - 86_400, due, due + 86_400, late=10.0, attempts=3, counts=Counts.LAST)
        store.courses.set_policy(course, own(number), policy, "Tina")
    store.courses.set_policy(course, ASSIGNMENT, Policy(due=DUE.timestamp(), attempts=5, held_back=True), "Tina")
    store.assignments.offer_kit(course, own(3), "Tina", offered=True)
    change = Course(course, zone="Europe/Zurich", hidden_assignments=(own(10),))
    store.course_records.change(course, lambda _: change, "Tina")


def copy_in_lms(lms: Lms, history: str = "course-1") -> str:
    """Copy the course in the LMS, with a link of each assignment; the name of the copy here."""
    lms.courses["copy"] = "Neural networks 2027"
    lms.history["copy"] = history
    for number in range(11):
        custom = {"assignment": own(number), "history": "$Context.id.history", "due": "", "begins": "$begins"}
        lms.add_link(Link(f"copy-{number}", "copy", f"Homework {number}", custom, f"{lms.url}/lineitems/copy-{number}"))
    return course_name(platform_id(lms.url, "client-1"), "deployment-1", "copy")


def take_over(browser: LtiBrowser, page: str, **changes: str) -> str:
    """Press the button of the first offer; the page that it leads to."""
    form = page[page.index('name="earlier"') - 200 :]
    fields = dict(re.findall(r'name="(code|earlier|days)"[^>]*? value="([^"]*)"', form))
    answer = browser.send("/lti/staff", {**fields, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


@pytest.fixture
def earlier(browser: LtiBrowser, store: Store) -> str:
    """A course of last year, with twelve assignments."""
    browser.launch("2", "link-1")
    course = course_of(browser.lms)
    fill(store, course)
    return course


def test_twelve_assignments_are_taken_over_in_one_act_and_links_of_students_work(
    browser: LtiBrowser, store: Store, earlier: str
) -> None:
    new = copy_in_lms(browser.lms)
    refusal = browser.launch("7", "copy-0")
    assert (refusal.status_code, "have not taken over this assignment yet" in refusal.text) == (403, True)
    page = browser.launch("2", "copy-0").text
    assert "This course was copied from" in page
    assert "Students cannot open this link until you take over" in page
    assert "Take over 12 assignments with" in page
    location = take_over(browser, page, days=str(7 * WEEKS))
    assert location == f"/courses/{new}"
    assert browser.get(location).status_code == 200
    for number in range(11):
        answer = browser.launch("7", f"copy-{number}")
        assert (answer.status_code, answer.location.startswith("/hand-in/")) == (303, True), answer.text
        assert browser.get(urlsplit(answer.location).path).status_code == 200
        (column,) = store.line_items.of(new, own(number))
        assert column.url.endswith(f"/copy-{number}")
        assert store.assignments.current(new, own(number)) == _moved(store, earlier, new, number)
    acts = [entry for entry in store.courses.audit(new).items if entry.act in {"course.take_over", "policy.set"}]
    assert [(act.author, act.act, len(act.details["assignments"])) for act in acts] == [
        ("Tina Teacher", "course.take_over", 12)
    ]
    (given,) = [entry for entry in store.courses.audit(earlier).items if entry.act == "course.give"]
    assert given.details["course"] == "Neural networks 2027"
    assert "Take over" not in browser.launch("2", "copy-0").text


def _moved(store: Store, earlier: str, new: str, number: int) -> RevisionRecord:
    """The revision that the new course should have: the earlier one's, with all that belongs to it."""
    revision = store.assignments.current(earlier, own(number))
    assert revision is not None
    assert revision.course == earlier
    assert store.assignments.offers_kit(new, revision) == (number == 3)
    fields = {name: getattr(revision, name) for name in RevisionRecord.__slots__}
    return RevisionRecord(**{**fields, "course": new})


def test_dates_move_by_the_difference_of_terms_at_the_same_time_of_day(
    browser: LtiBrowser, store: Store, earlier: str
) -> None:
    """From winter to summer time: due at seven in the evening in Zurich stays so."""
    new = copy_in_lms(browser.lms)
    take_over(browser, browser.launch("2", "copy-0").text, days=str(7 * WEEKS))
    policy, before = store.courses.policy(new, own(0)), store.courses.policy(earlier, own(0))
    assert policy is not None
    assert before is not None
    due = DUE + timedelta(weeks=WEEKS) - timedelta(hours=1)
    assert policy.due == due.timestamp()
    assert policy.opens == due.timestamp() - 86_400
    assert (policy.late, policy.attempts, policy.counts) == (10.0, 3, Counts.LAST)
    # What was held back in one term is not in the next, and nobody is told that marks would stay away.
    assert store.courses.policy(new, ASSIGNMENT) == Policy(due=due.timestamp(), attempts=5)
    course = store.course_records.settings(new)
    assert (course.zone, course.hidden_assignments) == ("Europe/Zurich", (own(10),))
    assert before == Policy(
        DUE.timestamp() - 86_400, DUE.timestamp(), DUE.timestamp() + 86_400, late=10.0, attempts=3, counts=Counts.LAST
    )


def test_the_due_time_that_the_lms_names_says_how_far_dates_move(
    browser: LtiBrowser, store: Store, earlier: str
) -> None:
    assert earlier
    new = copy_in_lms(browser.lms)
    browser.lms.links["copy-0"].custom["due"] = "$ResourceLink.submission.endDateTime"
    browser.lms.due["copy-0"] = (DUE + timedelta(days=190)).isoformat()
    page = browser.launch("2", "copy-0").text
    assert 'name="days" value="190"' in page
    take_over(browser, page)
    assert store.courses.policy(new, own(1)) is not None


@pytest.mark.parametrize("begin", ["2026-08-31T00:00:00+00:00", "2026-09-01T00:00:00Z"])
def test_the_beginnings_of_courses_say_how_far_dates_move(
    begin: str, browser: LtiBrowser, store: Store, earlier: str
) -> None:
    """In whole weeks: a deadline on a Monday stays on one."""
    assert store.courses.policies(earlier)
    copy_in_lms(browser.lms)
    browser.lms.links["link-1"].custom["begins"] = "2026-03-02T00:00:00+00:00"
    browser.launch("7", "link-1")
    browser.lms.links["copy-0"].custom["begins"] = begin
    assert f'name="days" value="{7 * WEEKS}"' in browser.launch("2", "copy-0").text


def test_without_a_history_staff_choose_among_courses_in_which_they_are_staff(
    browser: LtiBrowser, store: Store, earlier: str
) -> None:
    new = copy_in_lms(browser.lms, history="")
    browser.lms.enrol("3", "Theo Teacher", INSTRUCTOR)
    assert "Take over" not in browser.launch("3", "copy-0").text
    page = browser.launch("2", "copy-0").text
    assert "Take over the assignments of another course of yours" in page
    take_over(browser, page)
    assert store.course_copies.list_missing(new, earlier) == ()
    assert browser.launch("7", "copy-5").location.startswith("/hand-in/")


def test_only_what_was_offered_is_taken_over(browser: LtiBrowser, store: Store, earlier: str) -> None:
    """A course of strangers, named in the form."""
    assert earlier
    publish(store, "lti-strangers", 50)
    new = copy_in_lms(browser.lms)
    take_over(browser, browser.launch("2", "copy-0").text, earlier="lti-strangers")
    assert store.course_copies.list_contents(new) == ()


def test_days_that_are_none_take_nothing_over(browser: LtiBrowser, store: Store, earlier: str) -> None:
    new = copy_in_lms(browser.lms)
    page = browser.launch("2", "copy-0").text
    code = re.search(r'name="code" value="([^"]+)"', page)
    assert code is not None
    answer = browser.send("/lti/staff", {"code": code[1], "earlier": earlier, "days": "soon"})
    assert (answer.status_code, "nothing was taken over" in answer.text) == (403, True)
    assert store.course_copies.list_contents(new) == ()


def test_what_the_new_course_has_already_stays(browser: LtiBrowser, store: Store, earlier: str) -> None:
    assert earlier
    new = copy_in_lms(browser.lms)
    record = RevisionRecord("newer", new, "{}", own(0), "Homework 0, mended", "0" * 64, 0.0)
    store.assignments.publish(record, b"other cases")
    store.courses.set_policy(new, own(1), Policy(attempts=7), "Tina")
    take_over(browser, browser.launch("2", "copy-2").text)
    current = store.assignments.current(new, own(0))
    assert current is not None
    assert (current.id, store.courses.policy(new, own(1))) == ("newer", Policy(attempts=7))


def test_in_a_tab_of_its_own_the_offer_is_shown_before_staff_go_on(browser: LtiBrowser, earlier: str) -> None:
    assert earlier
    copy_in_lms(browser.lms)
    assert "Take over 12 assignments" in browser.launch("2", "copy-0", TAB).text


def test_an_earlier_course_that_was_dropped_long_ago_is_not_offered(
    browser: LtiBrowser, store: Store, earlier: str
) -> None:
    """Only the latest course that has anything: what it left out was left out on purpose."""
    assert earlier
    lms = browser.lms
    last = course_name(platform_id(lms.url, "client-1"), "deployment-1", "last")
    publish(store, last, 0)
    copy_in_lms(lms, history="last,course-1")
    assert "Take over 1 assignment with" in browser.launch("2", "copy-0").text
