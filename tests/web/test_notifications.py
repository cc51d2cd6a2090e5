"""Notifications over HTTP: who may have them, where they may go, and what is shown of them."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.test import TestResponse

from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.notifications import MOST_NOTIFICATIONS, Result
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.grader.web.service import of
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.web.asking import Asker
from tests.web.concluding import conclude

URL = "https://1.1.1.1/hook"


def create_notification(asker: Asker, **body: Any) -> dict[str, Any]:
    answer = asker.post("/callbacks", json={"url": URL} | body)
    assert answer.status_code == 201, answer.json
    assert answer.json is not None
    return dict(answer.json)


def url_error(answer: TestResponse) -> str:
    """Return the error about the URL."""
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["type"] == "/problems/invalid"
    assert answer.json["errors"][0]["pointer"] == "/url"
    return str(answer.json["errors"][0]["detail"])


def test_a_notification_is_made_and_its_secret_shown_this_once(staff: Asker) -> None:
    answer = staff.post("/callbacks", json={"url": URL})
    body = answer.json
    assert body is not None
    assert body["secret"].startswith("whsec_")
    assert len(body["events"]) == 5
    reading = staff.get(f"/callbacks/{body['id']}")
    assert answer.headers["Location"] == f"/api/v1/callbacks/{body['id']}"
    del body["secret"]
    assert reading.json == body
    assert staff.get("/callbacks").json == {"items": [body], "next": None}


@pytest.mark.service(web_threads=2)
def test_few_names_are_looked_up_at_a_time(staff: Asker) -> None:
    slots = of(staff.app).slots
    assert slots.acquire()
    answer = staff.post("/callbacks", json={"url": URL})
    assert (answer.status_code, (answer.json or {})["type"]) == (503, "/problems/busy")
    assert int(answer.headers["Retry-After"]) >= 1
    slots.release()
    create_notification(staff)


def test_only_the_events_that_were_asked_for_are_told(staff: Asker, store: Store) -> None:
    assert create_notification(staff, events=["submission.cancelled", "submission.cancelled"])["events"] == [
        "submission.cancelled"
    ]
    conclude(store, (staff.submit().json or {})["id"])
    assert store.notifications.move() == (1, [])
    assert store.notifications.claim(10, 10, 60) == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://1.1.1.1/hook", "https"),
        ("https://127.0.0.1/hook", "not public"),
        ("https://[::ffff:10.0.0.1]/hook", "not public"),
        ("https://169.254.169.254/latest/meta-data", "not public"),
        ("https://localhost/hook", "not public"),
        ("https://user:word@1.1.1.1/", "without a user"),
        ("https://1.1.1.1:22/", "port"),
        ("https://no-such-name.invalid/", "no address was found"),
        ("portal", "https"),
        ("", "https"),
    ],
)
def test_where_notifications_may_not_go_is_refused_in_words(staff: Asker, url: str, sentence: str) -> None:
    assert sentence in url_error(staff.post("/callbacks", json={"url": url}))
    assert (staff.get("/callbacks").json or {})["items"] == []


def test_what_a_private_name_resolves_to_is_not_said(staff: Asker) -> None:
    answer = staff.post("/callbacks", json={"url": "https://localhost/hook"})
    assert "127.0.0.1" not in answer.text
    assert "::1" not in answer.text


def test_the_owner_may_allow_this_machine(store: Store, redis_server: EmbeddedRedis) -> None:
    networks = (IPv4Network("127.0.0.0/8"),)
    settings = ServiceSettings(redis_url=SecretStr(redis_server.url), callback_http=True, callback_networks=networks)
    course_staff = Asker.with_token(create_app(settings, store), store, "course", Scope.STAFF)
    assert create_notification(course_staff, url="http://127.0.0.1:9000/hook")["url"] == "http://127.0.0.1:9000/hook"
    assert "not public" in url_error(course_staff.post("/callbacks", json={"url": "http://10.0.0.1/"}))


@pytest.mark.parametrize(
    "body",
    [{}, {"url": 1}, {"url": URL, "events": []}, {"url": URL, "events": ["submission.born"]}, {"url": URL, "x": 1}],
)
def test_a_body_that_is_not_as_documented_is_refused(staff: Asker, body: dict[str, Any]) -> None:
    assert staff.post("/callbacks", json=body).status_code == 422


def test_a_course_has_only_so_many(staff: Asker) -> None:
    for _ in range(MOST_NOTIFICATIONS):
        create_notification(staff)
    answer = staff.post("/callbacks", json={"url": URL})
    assert answer.status_code == 409
    assert str(MOST_NOTIFICATIONS) in answer.text


def test_a_rotation_shows_a_new_secret_and_how_long_the_old_one_is_good(staff: Asker) -> None:
    first = create_notification(staff)
    rotation = staff.post(f"/callbacks/{first['id']}/rotate").json
    assert rotation is not None
    assert rotation["secret"] not in {None, first["secret"]}
    assert rotation["previous_secret_until"] is not None
    at_once = staff.post(f"/callbacks/{first['id']}/rotate?hours=0").json
    assert at_once is not None
    assert at_once["previous_secret_until"] is None
    assert staff.post(f"/callbacks/{first['id']}/rotate?hours=169").status_code == 422


def test_deliveries_are_listed_by_state_and_those_given_up_first(staff: Asker, store: Store) -> None:
    endpoint = create_notification(staff)["id"]
    names = [(staff.submit(student).json or {})["id"] for student in ("a.lovelace", "grace", "linus")]
    for name in names:
        conclude(store, name)
    store.notifications.move()
    attempts = {attempt.subject: attempt for attempt in store.notifications.claim(10, 10, 60)}
    store.notifications.conclude(attempts[names[0]], Result.DELIVERED, status=204)
    store.notifications.conclude(attempts[names[1]], Result.RETRY, status=503, error="busy", pause=60)
    store.notifications.conclude(attempts[names[2]], Result.DROP, error="deleted")
    items_by_state = {
        state: (staff.get(f"/callbacks/{endpoint}/deliveries{state}").json or {})["items"]
        for state in ("", "?state=pending", "?state=delivered")
    }
    assert [[item["submission"] for item in items] for items in items_by_state.values()] == [
        [names[2]],
        [names[1]],
        [names[0]],
    ]
    (delivery,) = items_by_state["?state=pending"]
    assert (delivery["status"], delivery["error"], delivery["attempts"]) == (503, "busy", 1)
    assert delivery["next_at"] > delivery["created_at"]
    assert "grace" not in str(items_by_state)


def test_deliveries_come_in_pages(staff: Asker, store: Store) -> None:
    endpoint = create_notification(staff)["id"]
    for student in range(3):
        conclude(store, (staff.submit(f"s{student}").json or {})["id"])
    store.notifications.move()
    first = staff.get(f"/callbacks/{endpoint}/deliveries?state=pending&limit=2")
    assert first.json is not None
    assert 'rel="next"' in first.headers["Link"]
    second = staff.get(f"/callbacks/{endpoint}/deliveries?state=pending&limit=2&cursor={first.json['next']}").json
    assert second is not None
    assert (len(first.json["items"]), len(second["items"]), second["next"]) == (2, 1, None)


def test_a_notification_is_removed_for_good(staff: Asker) -> None:
    endpoint = create_notification(staff)["id"]
    assert staff.delete(f"/callbacks/{endpoint}").status_code == 204
    assert staff.get(f"/callbacks/{endpoint}").status_code == 404
    assert staff.delete(f"/callbacks/{endpoint}").status_code == 404


def test_other_courses_and_other_scopes_see_nothing_of_it(
    staff: Asker, stranger: Asker, portal: Asker, admin: Asker
) -> None:
    endpoint = create_notification(staff)["id"]
    for method, path in (
        ("GET", ""),
        ("POST", "/rotate"),
        ("GET", "/deliveries"),
        ("DELETE", ""),
    ):
        assert stranger.ask(method, f"/callbacks/{endpoint}{path}").status_code == 404
        assert portal.ask(method, f"/callbacks/{endpoint}{path}").status_code == 403
    assert (stranger.get("/callbacks").json or {})["items"] == []
    assert stranger.post("/callbacks", json={"url": URL, "course": "course"}).status_code == 404
    assert create_notification(admin, course="course")["course"] == "course"
    assert len((admin.get("/callbacks?course=course").json or {})["items"]) == 2


CHAT = {"url": "https://1.1.1.1/services/secret-part", "kind": "chat"}


def test_a_chat_has_no_secret_and_keeps_its_url_to_itself(staff: Asker) -> None:
    created = create_notification(staff, **CHAT)
    assert (created["kind"], created["secret"], created["url"]) == ("chat", None, "https://1.1.1.1/...")
    assert created["events"] == ["submission.service_failed", "regrade.waiting", "question.open"]
    assert "secret-part" not in staff.get("/callbacks").text
    assert staff.post(f"/callbacks/{created['id']}/rotate").status_code == 409


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "pager"}, "/kind"),
        (CHAT | {"events": ["submission.done"]}, "/events"),
        ({"events": ["regrade.waiting"]}, "/events"),
        ({"events": ["notification.test"]}, "/events"),
    ],
)
def test_a_kind_sends_only_what_it_is_for(staff: Asker, body: dict[str, Any], pointer: str) -> None:
    answer = staff.post("/callbacks", json={"url": URL} | body)
    assert answer.status_code == 422
    assert (answer.json or {})["errors"][0]["pointer"] == pointer


def test_a_test_message_is_listed_with_the_receiver_s_answer(staff: Asker, store: Store) -> None:
    number = create_notification(staff, **CHAT)["id"]
    answer = staff.post(f"/callbacks/{number}/test")
    assert (answer.status_code, (answer.json or {})["event"]) == (202, "notification.test")
    (attempt,) = store.notifications.claim(10, 10, 60)
    store.notifications.conclude(attempt, Result.GONE, status=410, error="410")
    (delivery,) = (staff.get(f"/callbacks/{number}/deliveries").json or {})["items"]
    assert (delivery["id"], delivery["status"]) == ((answer.json or {})["id"], 410)
    assert staff.post(f"/callbacks/{number}/test").status_code == 409
    assert staff.post("/callbacks/nobody/test").status_code == 404
