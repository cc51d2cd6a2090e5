"""Deep linking: what staff choose becomes a link with a column, signed by the tool."""

import re
from html import unescape

from backmark.grader.model.course import Course
from backmark.grader.store.store import Store
from tests.lti.browsing import LtiBrowser
from tests.lti.conftest import ASSIGNMENT
from tests.lti.platform.lms import DL, Lms
from tests.lti.test_launching import course_of


def choose(browser: LtiBrowser, assignment: str = ASSIGNMENT) -> str:
    """The page by which a choice goes back to the LMS."""
    offer = browser.launch("2", None)
    assert offer.status_code == 200, offer.text
    match = re.search(r'name="request" value="([^"]+)"', offer.text)
    assert match is not None
    answer = browser.send("/lti/deep-link", {"request": match[1], "assignment": assignment})
    assert answer.status_code == 200, answer.text
    assert f"form-action {browser.lms.url}; frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert f'action="{browser.lms.url}/deep-link-return"' in answer.text
    return answer.text


def post_back(lms: Lms, page: str) -> None:
    """As the browser posts it."""
    message = re.search(r'name="JWT" value="([^"]+)"', page)
    assert message is not None
    assert lms.app.test_client().post("/deep-link-return", data={"JWT": unescape(message[1])}).status_code == 200


def test_what_staff_choose_becomes_a_link_with_a_column_that_students_open(browser: LtiBrowser, store: Store) -> None:
    lms = browser.lms
    post_back(lms, choose(browser))
    (item,) = lms.returned[0][f"{DL}content_items"]
    assert item["lineItem"]["scoreMaximum"] == 10
    assert item["lineItem"]["resourceId"] == ASSIGNMENT
    assert browser.launch("7", "link-2").location.startswith("/hand-in/")
    (column,) = store.line_items.of(course_of(lms), ASSIGNMENT)
    assert (column.url, column.maximum) == (lms.links["link-2"].line_item, 10)


def test_an_assignment_that_the_course_has_not_cannot_be_chosen(browser: LtiBrowser) -> None:
    offer = browser.launch("2", None)
    match = re.search(r'name="request" value="([^"]+)"', offer.text)
    assert match is not None
    refusal = browser.send("/lti/deep-link", {"request": match[1], "assignment": "other"})
    assert (refusal.status_code, "This choice has expired" in refusal.text) == (403, True)


def test_a_hidden_assignment_is_not_offered(browser: LtiBrowser, store: Store) -> None:
    assert f'value="{ASSIGNMENT}"' in browser.launch("2", None).text
    store.course_records.create(Course(course_of(browser.lms), hidden_assignments=(ASSIGNMENT,)), "Tina")
    assert f'value="{ASSIGNMENT}"' not in browser.launch("2", None).text
