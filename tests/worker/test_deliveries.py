"""Notifications from a real Redis to real receivers."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

import pytest
from pydantic import HttpUrl, SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from backmark.grader.model.notifications import Delivery, DeliveryState, Event, Notification
from backmark.grader.model.terms import Policy
from backmark.grader.notifications.kind import Occurrence
from backmark.grader.notifications.registry import KINDS
from backmark.grader.outbound.addresses import Destinations
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.notifications import GIVE_UP
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from backmark.worker.service.deliveries import Deliveries
from tests.services import redis_server
from tests.store.making import accept, claim_job, finish_job, make_notification, new, replace_verdict, verdict
from tests.store.regrading import grade_submission, preview_regrade, result
from tests.worker.receivers import Receiver, Reply, run_due, run_receiver, until

__all__ = ["redis_server"]

DAY = GIVE_UP / 1000
LOOPBACK = IPv4Network("127.0.0.0/8")


@pytest.fixture
def settings(redis_server: EmbeddedRedis) -> ServiceSettings:
    return ServiceSettings(redis_url=SecretStr(redis_server.url), callback_http=True, callback_networks=(LOOPBACK,))


@pytest.fixture
def store(settings: ServiceSettings) -> Iterator[Store]:
    new_store = Store.connect(settings)
    new_store.redis.flushall()
    yield new_store
    new_store.close()


@pytest.fixture
def deliveries(store: Store, settings: ServiceSettings) -> Deliveries:
    return Deliveries(store, settings)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as new_receiver:
        yield new_receiver


@pytest.fixture
def secret(store: Store, receiver: Receiver) -> str:
    """Of an endpoint at the receiver."""
    return make_notification(store, receiver.url)[1]


def every(store: Store, state: DeliveryState) -> list[Delivery]:
    (endpoint,) = store.notifications.of_course("cs101")
    return list(store.notifications.deliveries(endpoint.id, state).items)


def make_resolver(*answers: list[str]) -> tuple[Destinations, list[str]]:
    """Destinations whose resolver gives one answer after the other, and the names that it was asked for."""
    hosts: list[str] = []

    def resolver(host: str, _: int) -> list[str]:
        hosts.append(host)
        return answers[len(hosts) - 1]

    return Destinations((IPv4Network("127.0.0.2/32"),), http=True, resolver=resolver), hosts


def test_a_verdict_is_told_signed_as_standard_webhooks_say(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    name = finish_job(store)
    assert run_due(deliveries) == 1
    (request,) = receiver.got
    body = Webhook(secret).verify(request.body, request.headers)
    assert body["type"] == "submission.done"
    assert datetime.now(UTC) - datetime.fromisoformat(body["timestamp"]) < timedelta(minutes=1)
    assert body["data"] == {
        "id": name,
        "state": "done",
        "course": "cs101",
        "assignment": "udl-7.2",
        "student": "ada",
        "attempt": 1,
        "outcome": "passed",
        "score": 10,
        "max_score": 10,
        "url": f"/api/v1/submissions/{name}",
    }
    assert request.path == "/hook?course=ml"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    (delivery,) = every(store, DeliveryState.DELIVERED)
    assert (delivery.id, delivery.status, delivery.attempts) == (request.headers["webhook-id"], 204, 1)


def test_a_notification_carries_neither_the_source_nor_details_of_the_verdict(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    assert secret
    name = accept(store, new(source=b"my_source"))
    store.submissions.finish(
        claim_job(store, name), verdict(flags=[{"id": "my_flag", "title": "my_title"}], output="my_output")
    )
    run_due(deliveries)
    assert b"my_" not in receiver.got[0].body
    assert b"relu_derivative" not in receiver.got[0].body


@pytest.mark.parametrize("change", ["body", "webhook-id", "webhook-timestamp", "webhook-signature"])
def test_what_was_changed_on_the_way_is_refused(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str, change: str
) -> None:
    finish_job(store)
    run_due(deliveries)
    request = receiver.got[0]
    later_headers = {"webhook-timestamp": str(int(request.headers["webhook-timestamp"]) + 1)}
    headers = {**request.headers, **({change: later_headers.get(change, "v1,AAAA")} if change != "body" else {})}
    body = request.body.replace(b"10", b"11") if change == "body" else request.body
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_what_is_sent_again_by_somebody_else_later_is_refused(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_job(store)
    run_due(deliveries)
    request = receiver.got[0]
    later_time = datetime.now(UTC) + timedelta(minutes=6)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            assert tz
            return later_time

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Later)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_every_attempt_has_the_same_id_and_a_time_and_signature_of_its_own(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str, status: int
) -> None:
    receiver.answer = lambda _: Reply(status if len(receiver.got) == 1 else 200)
    finish_job(store)
    assert [run_due(deliveries), run_due(deliveries)] == [1, 0]
    (delivery,) = every(store, DeliveryState.PENDING)
    assert (delivery.status, delivery.error) == (status, f"the receiver answered {status}")
    start = int(time.time())
    until(lambda: int(time.time()) > start)
    store.notifications.ahead = 7
    assert run_due(deliveries) == 1
    first, second = (request.headers for request in receiver.got)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] < second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]
    for request_got in receiver.got:
        Webhook(secret).verify(request_got.body, request_got.headers)
    assert every(store, DeliveryState.DELIVERED)[0].attempts == 2


def test_pauses_grow_to_two_hours_and_are_never_the_same_and_after_a_day_it_is_given_up(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    assert secret
    receiver.answer = lambda _: Reply(500)
    finish_job(store)
    pauses = []
    while run_due(deliveries) and (deliveries_waiting := every(store, DeliveryState.PENDING)):
        due = deliveries_waiting[0].due
        assert due is not None
        pauses.append(due - deliveries_waiting[0].created - store.notifications.ahead)
        store.notifications.ahead = due - deliveries_waiting[0].created + 0.1
    for pause, expected in zip(pauses, [5, 20, 80, 320, 1280, 5120, 7200, 7200, 7200], strict=False):
        assert 0.79 * expected < pause < 1.21 * expected + 2
    assert len({round(pause / 7200, 3) for pause in pauses[6:-1]}) > 1
    assert 15 < len(receiver.got) < 25
    (given_up,) = every(store, DeliveryState.FAILED)
    assert given_up.attempts == len(receiver.got)
    assert DAY <= store.notifications.ahead < DAY + 5
    assert given_up.error == "the receiver answered 500"


def test_a_receiver_may_ask_for_a_longer_pause(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    assert secret
    receiver.answer = lambda _: Reply(429, {"Retry-After": "1000"})
    finish_job(store)
    run_due(deliveries)
    (delivery,) = every(store, DeliveryState.PENDING)
    assert delivery.due is not None
    assert 990 < delivery.due - delivery.created < 1010


def test_while_secrets_are_rotated_both_are_good_and_afterwards_only_the_new_one(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    (endpoint,) = store.notifications.of_course("cs101")
    fresh_secret = store.notifications.rotate(endpoint.id, hours=2)
    assert fresh_secret is not None
    finish_job(store)
    run_due(deliveries)
    request = receiver.got[0]
    assert len(request.headers["webhook-signature"].split()) == 2
    for webhook_secret in (secret, fresh_secret):
        Webhook(webhook_secret).verify(request.body, request.headers)
    store.notifications.ahead = 3 * 3600
    finish_job(store, new("grace"))
    run_due(deliveries)
    request = receiver.got[1]
    Webhook(fresh_secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_nobody_follows_it(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str, status: int
) -> None:
    assert secret
    with run_receiver() as other_receiver:
        receiver.answer = lambda _: Reply(status, {"Location": other_receiver.url})
        finish_job(store)
        run_due(deliveries)
        assert (len(receiver.got), len(other_receiver.got)) == (1, 0)
    (delivery,) = every(store, DeliveryState.PENDING)
    assert "redirects are not followed" in str(delivery.error)


def test_who_answers_410_is_told_nothing_more(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    assert secret
    receiver.answer = lambda _: Reply(410)
    finish_job(store)
    run_due(deliveries)
    finish_job(store, new("grace"))
    assert run_due(deliveries) == 0
    assert store.notifications.of_course("cs101")[0].disabled is not None
    assert every(store, DeliveryState.FAILED)[0].status == 410


def test_a_submission_that_was_deleted_meanwhile_is_told_of_no_more(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    assert secret
    store.submissions.delete(finish_job(store))
    run_due(deliveries)
    assert receiver.got == []
    assert every(store, DeliveryState.FAILED)[0].error == "the submission was deleted"


def test_a_late_attempt_tells_what_is_true_by_then(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    receiver.answer = lambda _: Reply(500 if len(receiver.got) == 1 else 200)
    name = finish_job(store)
    run_due(deliveries)
    assert replace_verdict(store, name, 1, verdict("failed"), "regrade") == 2
    store.notifications.ahead = 7
    until(lambda: not run_due(deliveries))
    events = [Webhook(secret).verify(request.body, request.headers) for request in receiver.got]
    assert sorted((event["type"], event["data"]["score"]) for event in events) == [
        (Event.DONE, 8),
        (Event.DONE, 10),
        (Event.REGRADED, 8),
    ]


def test_what_is_held_back_is_in_no_event(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    name = finish_job(store)
    record = store.submissions.get(name)
    assert record is not None
    store.courses.set_policy(record.course, record.assignment, Policy(held_back=True), "prof")
    run_due(deliveries)
    (event,) = [Webhook(secret).verify(request.body, request.headers) for request in receiver.got]
    assert event["data"]["state"] == "done"
    assert {event["data"][name] for name in ("outcome", "score", "max_score")} == {None}


@pytest.mark.parametrize("networks", [(), (IPv4Network("10.0.0.0/8"),)])
def test_a_private_address_is_refused_at_each_delivery_whatever_was_registered(
    store: Store, settings: ServiceSettings, receiver: Receiver, secret: str, networks: tuple[IPv4Network, ...]
) -> None:
    assert secret
    finish_job(store)
    run_due(Deliveries(store, settings.model_copy(update={"callback_networks": networks})))
    assert receiver.got == []
    assert "not public" in str(every(store, DeliveryState.PENDING)[0].error)


def test_plain_http_is_refused_at_each_delivery_too(
    store: Store, settings: ServiceSettings, receiver: Receiver, secret: str
) -> None:
    assert secret
    finish_job(store)
    run_due(Deliveries(store, settings.model_copy(update={"callback_http": False})))
    assert receiver.got == []
    assert "https" in str(every(store, DeliveryState.PENDING)[0].error)


def test_a_name_that_becomes_private_after_it_was_registered_is_refused(
    store: Store, settings: ServiceSettings, receiver: Receiver
) -> None:
    destinations, hosts = make_resolver(["1.1.1.1"], ["127.0.0.1"])
    url = f"http://rebinding.example:{receiver.port}/"
    destinations.addresses(destinations.read(url))
    make_notification(store, url)
    finish_job(store)
    run_due(Deliveries(store, settings, destinations=destinations))
    assert hosts == ["rebinding.example"] * 2
    assert receiver.got == []
    assert "not public" in str(every(store, DeliveryState.PENDING)[0].error)


def test_what_was_checked_is_what_is_connected_to(store: Store, settings: ServiceSettings) -> None:
    with run_receiver("127.0.0.2") as first_receiver, run_receiver("127.0.0.3", first_receiver.port) as second_receiver:
        destinations, hosts = make_resolver(["127.0.0.2"], ["127.0.0.3"])
        make_notification(store, f"http://rebinding.example:{first_receiver.port}/")
        finish_job(store)
        run_due(Deliveries(store, settings, destinations=destinations))
        assert hosts == ["rebinding.example"]
        assert (len(first_receiver.got), len(second_receiver.got)) == (1, 0)
        assert first_receiver.got[0].headers["host"] == f"rebinding.example:{first_receiver.port}"


def test_an_address_that_takes_no_connection_is_followed_by_the_next(store: Store, settings: ServiceSettings) -> None:
    with run_receiver("127.0.0.2") as other_receiver:
        loopback = Destinations((LOOPBACK,), http=True, resolver=lambda *_: ["127.0.0.9", "127.0.0.2"])
        make_notification(store, f"http://two.example:{other_receiver.port}/")
        finish_job(store)
        run_due(Deliveries(store, settings, destinations=loopback))
        assert len(other_receiver.got) == 1


def test_proxies_of_the_environment_are_not_used(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secret
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    finish_job(store)
    run_due(deliveries)
    assert len(receiver.got) == 1


def test_one_that_hangs_delays_no_other_and_takes_few_places(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str
) -> None:
    assert secret
    receiver.let_go.clear()
    stop = threading.Event()
    thread = threading.Thread(target=deliveries.loop, args=(stop,))
    thread.start()
    try:
        for student in range(8):
            finish_job(store, new(str(student)))
        until(lambda: len(receiver.got) == 4)
        with run_receiver() as other_receiver:
            make_notification(store, other_receiver.url, course="other")
            for student in range(8):
                finish_job(store, new(str(student), course="other"))
            until(lambda: len(other_receiver.got) == 8)
        assert len(receiver.got) == 4
    finally:
        receiver.let_go.set()
        until(lambda: len(every(store, DeliveryState.DELIVERED)) == 8)
        stop.set()
        thread.join()


def test_a_sweeper_that_is_killed_in_the_middle_of_a_post_loses_nothing(
    store: Store, settings: ServiceSettings, receiver: Receiver, secret: str
) -> None:
    receiver.let_go.clear()
    finish_job(store)
    program = (
        "import sys, threading; from backmark.grader.settings.service import ServiceSettings as S; "
        "from backmark.grader.store.store import Store; from backmark.worker.service.deliveries import Deliveries; "
        "s = S.model_validate_json(sys.argv[1]).model_copy(update={'redis_url': S(redis_url=sys.argv[2]).redis_url}); "
        "Deliveries(Store.connect(s), s, lease=1.0).loop(threading.Event())"
    )
    url = settings.redis_url.get_secret_value()
    sweeper = subprocess.Popen([sys.executable, "-c", program, settings.model_dump_json(exclude={"redis_url"}), url])
    until(lambda: len(receiver.got) == 1)
    sweeper.kill()
    sweeper.wait()
    receiver.let_go.set()
    deliveries = Deliveries(store, settings)
    until(lambda: run_due(deliveries) == 1)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Webhook(secret).verify(second.body, second.headers)
    assert every(store, DeliveryState.DELIVERED)[0].attempts == 2


def test_two_sweepers_at_once_deliver_each_event_once(
    store: Store, settings: ServiceSettings, receiver: Receiver, secret: str
) -> None:
    assert secret
    for student in range(40):
        finish_job(store, new(str(student)))
    stop = threading.Event()
    threads = [threading.Thread(target=Deliveries(store, settings).loop, args=(stop,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: len(every(store, DeliveryState.DELIVERED)) == 40)
    stop.set()
    for thread in threads:
        thread.join()
    ids = [request.headers["webhook-id"] for request in receiver.got]
    assert len(ids) == len(set(ids)) == 40


def test_the_loop_goes_on_after_redis_was_away(
    store: Store, deliveries: Deliveries, receiver: Receiver, secret: str, redis_server: EmbeddedRedis
) -> None:
    assert secret
    finish_job(store)
    redis_server.kill()
    stop = threading.Event()
    thread = threading.Thread(target=deliveries.loop, args=(stop,))
    thread.start()
    try:
        redis_server.start()
        until(lambda: len(receiver.got) == 1)
    finally:
        # Else the whole run would wait for the thread.
        stop.set()
        thread.join()
    assert len(every(store, DeliveryState.DELIVERED)) == 1


def test_a_mistake_of_ours_is_noted_and_tried_again(store: Store, settings: ServiceSettings) -> None:
    make_notification(store, "http://portal.example:9000/")
    finish_job(store)
    run_due(Deliveries(store, settings, destinations=Destinations.of(settings, _fail_to_resolve)))
    (delivery,) = every(store, DeliveryState.PENDING)
    assert delivery.error == "internal error in Backmark; see its log"


def _fail_to_resolve(host: str, port: int) -> list[str]:
    raise LookupError(f"{host}:{port}")


def chat_text(receiver: Receiver) -> str:
    """The one message that came, which has nothing but its text."""
    (request,) = receiver.got
    message = json.loads(request.body)
    assert list(message) == ["text"]
    assert request.headers["content-type"] == "application/json"
    assert not [name for name in request.headers if name.startswith("webhook-")]
    return str(message["text"])


def test_a_chat_is_told_of_a_failure_without_the_student(
    store: Store, settings: ServiceSettings, receiver: Receiver
) -> None:
    store.notifications.create("cs101", Notification(receiver.url, "chat"))
    finish_job(store, new("grace"))
    name = accept(store, new("lovelace", b"my_source"))
    store.jobs.record_failure(claim_job(store, name), "damaged", 1)
    public = settings.model_copy(update={"public_url": HttpUrl("https://grader.example/")})
    assert run_due(Deliveries(store, public)) == 1
    text = chat_text(receiver)
    assert text.startswith("Backmark failed to grade a submission for `udl-7.2` in `cs101`;")
    assert text.endswith(f": https://grader.example/courses/cs101/submissions/{name}")
    assert "lovelace" not in text


def test_a_chat_is_told_of_a_regrade_that_waits(store: Store, deliveries: Deliveries, receiver: Receiver) -> None:
    store.notifications.create("cs101", Notification(receiver.url, "chat"))
    grade_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": result(10)})
    assert run_due(deliveries) == 1
    assert chat_text(receiver).endswith(f"Decide whether to apply it: /courses/cs101/regrades/{name}")


def test_a_chat_is_told_of_an_open_question(store: Store, deliveries: Deliveries, receiver: Receiver) -> None:
    store.notifications.create("cs101", Notification(receiver.url, "chat"))
    name = finish_job(store)
    event = {"event": "question.open", "submission": name, "course": "cs101", "at": 1_790_000_000_000}
    store.redis.rpush("bm:outbox", json.dumps(event))
    assert run_due(deliveries) == 1
    text = chat_text(receiver)
    assert text.startswith("A student asked about a verdict for `udl-7.2` in `cs101`.")
    assert text.endswith(f"/courses/cs101/submissions/{name}")


@pytest.mark.parametrize("kind", ["webhook", "chat"])
def test_a_test_message_is_delivered_as_any_other(
    store: Store, deliveries: Deliveries, receiver: Receiver, kind: str
) -> None:
    made, secret = store.notifications.create("cs101", Notification(receiver.url, kind))
    assert store.notifications.test(made.id) is not None
    assert run_due(deliveries) == 1
    if secret is None:
        assert chat_text(receiver).startswith("This is a test message from Backmark for `cs101`.")
    else:
        body = Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
        assert (body["type"], body["data"]) == ("notification.test", {"course": "cs101"})
    (delivery,) = every(store, DeliveryState.DELIVERED)
    assert (delivery.event, delivery.submission, delivery.regrade) == (Event.TEST, None, None)


def test_a_chat_that_is_busy_gets_its_message_later(store: Store, deliveries: Deliveries, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(429, {"Retry-After": "30"})
    made, _ = store.notifications.create("cs101", Notification(receiver.url, "chat"))
    store.notifications.test(made.id)
    run_due(deliveries)
    (delivery,) = every(store, DeliveryState.PENDING)
    assert delivery.status == 429
    receiver.answer = lambda _: Reply(200, body=b"ok")
    store.notifications.ahead = 31
    assert run_due(deliveries) == 1
    assert len(every(store, DeliveryState.DELIVERED)) == 1


def test_every_kind_writes_each_of_its_events() -> None:
    for kind in KINDS.values():
        for event in (*kind.events, Event.TEST):
            assert json.dumps(kind.body(Occurrence(event, 0.0, "ml", "udl-7.2", "/courses/ml")))
