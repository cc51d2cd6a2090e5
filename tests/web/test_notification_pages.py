"""The page on which staff switch notifications on, test and remove them."""

import pytest
from flask import Flask

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from tests.store.making import make_notification
from tests.web.test_notifications import CHAT, URL
from tests.web.test_pages import SECRET
from tests.web.visitor import Visitor

pytestmark = pytest.mark.service(secret=SECRET)


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store, "course", Scope.STAFF)


PAGE = "/courses/course/notifications"


def test_staff_switch_a_chat_on_test_it_and_remove_it_on_a_page(visitor: Visitor, store: Store) -> None:
    fields = CHAT | {"events:submission.service_failed": "1", "events:question.open": "1"}
    assert visitor.post(PAGE, page=PAGE, **fields).status_code == 303
    (made,) = store.notifications.of_course("course")
    assert made.events == ("submission.service_failed", "question.open")
    page = visitor.get(PAGE)
    assert "https://1.1.1.1/..." in page
    assert "secret-part" not in page
    assert visitor.post(PAGE, page=PAGE, test=made.id).status_code == 303
    assert "Test message" in visitor.get(PAGE)
    assert visitor.post(PAGE, page=PAGE, remove=made.id).status_code == 303
    assert store.notifications.of_course("course") == []
    log = visitor.read("/courses/course/log")
    assert f"sent a test message of the notification {made.id}" in log


def test_a_webhook_s_secret_is_shown_once_on_the_page(visitor: Visitor, store: Store) -> None:
    answer = visitor.post(PAGE, page=PAGE, url=URL, kind="webhook", **{"events:submission.done": "1"})
    assert "whsec_" in answer.text
    assert "whsec_" not in visitor.get(PAGE)
    assert len(store.notifications.of_course("course")) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "https://127.0.0.1/"}, "not public"),
        ({"url": ""}, "it should be https://"),
        ({"url": URL, "kind": "pager"}, "There are no notifications yet."),
        ({"url": URL, "events:question.open": ""}, "choose at least 1"),
    ],
)
def test_a_form_with_a_fault_makes_nothing(visitor: Visitor, store: Store, fields: dict[str, str], words: str) -> None:
    ticked = {} if "events:question.open" in fields else {"events:question.open": "1"}
    sent = {"kind": "chat"} | ticked | {name: value for name, value in fields.items() if value or name == "url"}
    answer = visitor.post(PAGE, page=PAGE, **sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert store.notifications.of_course("course") == []


def test_another_course_s_notification_is_not_on_this_page(app: Flask, store: Store) -> None:
    root, number = Visitor(app, store, "house", Scope.ADMIN), make_notification(store, URL, course="other")[0].id
    for name in ("remove", "test"):
        assert root.post(PAGE, page=PAGE, **{name: number}).status_code == 404
    assert len(store.notifications.of_course("other")) == 1
