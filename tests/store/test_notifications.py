"""Notifications, their secrets, and what is still to be told to each of them."""

import json
from base64 import b64decode
from collections import Counter
from pathlib import Path

import pytest

from backmark.grader.model.notifications import DeliveryState, Event, Notification
from backmark.grader.model.records import State
from backmark.grader.model.terms import Policy
from backmark.grader.notifications import chat
from backmark.grader.notifications.kind import Occurrence
from backmark.grader.store.errors import BadCursor
from backmark.grader.store.notifications import (
    GIVE_UP,
    MOST_NOTIFICATIONS,
    DeliveryAttempt,
    Result,
    TooManyNotifications,
)
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave
from tests.store.making import (
    accept,
    claim_job,
    finish_job,
    list_remains,
    make_notification,
    new,
    replace_verdict,
    verdict,
)
from tests.store.regrading import apply_regrade, grade_submission, preview_regrade, result

URL = "https://portal.example/hook"
DAY = GIVE_UP / 1000


def claim(store: Store, limit: int = 100, most_per_endpoint: int = 100, lease: float = 60.0) -> list[DeliveryAttempt]:
    """Empty the outbox, and claim the deliveries that are due."""
    store.notifications.move()
    return store.notifications.claim(limit, most_per_endpoint, lease)


def claim_one(store: Store) -> DeliveryAttempt:
    """The one delivery that is due."""
    (attempt,) = claim(store)
    return attempt


def states(store: Store, endpoint: str) -> dict[str, int]:
    """How many deliveries are in each state."""
    return {state: len(store.notifications.deliveries(endpoint, state).items) for state in DeliveryState}


@pytest.fixture
def endpoint(store: Store) -> str:
    return make_notification(store, URL)[0].id


def test_a_secret_is_32_random_bytes_and_shown_once(store: Store) -> None:
    record, secret = make_notification(store, URL, Event.DONE)
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert store.notifications.get(record.id) == record
    assert secret not in repr(store.notifications.get(record.id))


def test_notifications_are_listed_by_course_newest_first(store: Store) -> None:
    first, second = (make_notification(store, f"{URL}/{number}")[0] for number in range(2))
    make_notification(store, URL, course="other")
    assert store.notifications.of_course("cs101") == [second, first]


def test_a_course_has_only_so_many_notifications(store: Store) -> None:
    for _ in range(MOST_NOTIFICATIONS):
        make_notification(store, URL)
    with pytest.raises(TooManyNotifications):
        make_notification(store, URL)
    make_notification(store, URL, course="other")


def test_an_event_becomes_a_delivery_for_each_notification_that_asked_for_its_kind(store: Store) -> None:
    secrets = {make_notification(store, URL, Event.DONE, Event.REGRADED)[1] for _ in range(2)}
    make_notification(store, URL, Event.CANCELLED)
    make_notification(store, URL, course="other")
    name = finish_job(store)
    attempts = claim(store)
    assert {attempt.secrets for attempt in attempts} == {(secret,) for secret in secrets}
    assert {(attempt.subject, attempt.event, attempt.number) for attempt in attempts} == {(name, Event.DONE, 1)}
    assert len({attempt.delivery for attempt in attempts}) == 2
    assert store.redis.llen("bm:outbox") == 0


def test_every_end_of_a_submission_is_an_event(store: Store, endpoint: str) -> None:
    store.submissions.cancel(accept(store, new("grace")))
    accept(store)
    accept(store)
    assert {attempt.event for attempt in claim(store)} == {Event.CANCELLED, Event.SUPERSEDED}
    assert states(store, endpoint)["pending"] == 2


def test_an_event_that_nobody_can_read_is_named_and_stops_nothing(store: Store, endpoint: str) -> None:
    store.redis.rpush("bm:outbox", "{", "[]", json.dumps({"event": "submission.done"}))
    finish_job(store)
    moved_count, unreadable = store.notifications.move()
    assert (moved_count, len(unreadable)) == (4, 3)
    assert states(store, endpoint)["pending"] == 1


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(store: Store, endpoint: str) -> None:
    finish_job(store)
    first = claim_one(store)
    assert claim(store) == []
    store.notifications.ahead = 61
    second = claim_one(store)
    assert (second.delivery, second.number) == (first.delivery, 2)
    assert second.fence > first.fence
    assert store.notifications.conclude(first, Result.DELIVERED) is None
    assert store.notifications.conclude(second, Result.DELIVERED) is DeliveryState.DELIVERED
    assert states(store, endpoint) == {"pending": 0, "delivered": 1, "failed": 0}


def test_a_failed_attempt_is_due_again_after_its_pause_under_the_same_id(store: Store, endpoint: str) -> None:
    finish_job(store)
    first = claim_one(store)
    assert store.notifications.conclude(first, Result.RETRY, status=503, error="busy", pause=5) is DeliveryState.PENDING
    store.notifications.ahead = 4
    assert claim(store) == []
    (delivery,) = store.notifications.deliveries(endpoint, DeliveryState.PENDING).items
    assert (delivery.status, delivery.error, delivery.attempts) == (503, "busy", 1)
    assert delivery.due is not None
    store.notifications.ahead = 6
    assert claim_one(store).delivery == first.delivery


def test_the_last_attempt_is_made_when_the_day_is_over_and_then_it_is_given_up(store: Store, endpoint: str) -> None:
    finish_job(store)
    store.notifications.conclude(claim_one(store), Result.RETRY, error="early", pause=10 * DAY)
    store.notifications.ahead = DAY - 5
    assert claim(store) == []
    store.notifications.ahead = DAY + 5
    assert (
        store.notifications.conclude(claim_one(store), Result.RETRY, error="at last", pause=1) is DeliveryState.FAILED
    )
    (given_up,) = store.notifications.deliveries(endpoint, DeliveryState.FAILED).items
    assert (given_up.attempts, given_up.error) == (2, "at last")
    store.notifications.ahead = 3 * DAY
    assert claim(store) == []


def test_one_that_was_never_reached_in_its_day_is_still_tried_once(store: Store, endpoint: str) -> None:
    finish_job(store)
    store.notifications.move()
    store.notifications.ahead = 2 * DAY
    assert store.notifications.conclude(claim_one(store), Result.RETRY) is DeliveryState.FAILED
    assert states(store, endpoint)["failed"] == 1


@pytest.mark.usefixtures("endpoint")
def test_one_endpoint_takes_only_so_many_places_and_leaves_the_others_theirs(store: Store) -> None:
    for student in range(6):
        finish_job(store, new(str(student)))
    store.notifications.move()
    other_endpoint = make_notification(store, "https://other.example/")[0]
    finish_job(store, new("late"))
    attempts = claim(store, limit=10, most_per_endpoint=3)
    assert Counter(attempt.url for attempt in attempts) == {URL: 3, other_endpoint.url: 1}
    assert claim(store, limit=10, most_per_endpoint=3) == []
    store.notifications.conclude(next(attempt for attempt in attempts if attempt.url == URL), Result.DELIVERED)
    assert [attempt.url for attempt in claim(store, limit=10, most_per_endpoint=3)] == [URL]


@pytest.mark.usefixtures("endpoint")
def test_places_of_attempts_whose_leases_ended_are_free_again(store: Store) -> None:
    for student in range(4):
        finish_job(store, new(str(student)))
    first = {attempt.delivery for attempt in claim(store, most_per_endpoint=2)}
    store.notifications.ahead = 61
    assert len(first & {attempt.delivery for attempt in claim(store, most_per_endpoint=2)}) <= 2
    store.notifications.ahead = 122
    assert len(claim(store, most_per_endpoint=4)) == 4


@pytest.mark.usefixtures("endpoint")
def test_an_endpoint_that_fails_is_tried_one_at_a_time_until_it_answers(store: Store) -> None:
    for student in range(4):
        finish_job(store, new(str(student)))
    attempts = claim(store, most_per_endpoint=3)
    for attempt in attempts:
        store.notifications.conclude(attempt, Result.RETRY, pause=0)
    (first_attempt,) = claim(store, most_per_endpoint=3)
    store.notifications.conclude(first_attempt, Result.DELIVERED)
    assert len(claim(store, most_per_endpoint=3)) == 3


@pytest.mark.usefixtures("endpoint")
def test_a_limit_that_is_used_up_leaves_the_rest_due(store: Store) -> None:
    for student in range(3):
        finish_job(store, new(str(student)))
    assert [len(claim(store, limit=2)) for _ in range(3)] == [2, 1, 0]


def test_who_wants_no_more_is_disabled_and_told_nothing_more(store: Store, endpoint: str) -> None:
    for student in range(3):
        finish_job(store, new(str(student)))
    first = claim(store, limit=1)[0]
    assert store.notifications.conclude(first, Result.GONE, status=410, error="410") is DeliveryState.FAILED
    assert states(store, endpoint) == {"pending": 0, "delivered": 0, "failed": 3}
    disabled_endpoint = store.notifications.get(endpoint)
    assert disabled_endpoint is not None
    assert disabled_endpoint.disabled is not None
    assert disabled_endpoint.disabled_reason == "410"
    finish_job(store, new("late"))
    assert claim(store) == []


def test_the_old_secret_signs_along_for_the_hours_that_were_chosen(store: Store) -> None:
    record, old_secret = make_notification(store, URL)
    fresh_secret = store.notifications.rotate(record.id, hours=24)
    assert fresh_secret not in {None, old_secret}
    finish_job(store)
    first = claim_one(store)
    assert first.secrets == (fresh_secret, old_secret)
    store.notifications.ahead = 25 * 3600
    assert claim_one(store).secrets == (fresh_secret,)


def test_without_hours_the_old_secret_ends_at_once(store: Store) -> None:
    record, _ = make_notification(store, URL)
    fresh_secret = store.notifications.rotate(record.id, hours=0)
    finish_job(store)
    assert claim_one(store).secrets == (fresh_secret,)
    assert store.notifications.rotate("nobody", hours=0) is None


def test_a_notification_is_removed_with_all_that_belongs_to_it(store: Store) -> None:
    families = ("bm:*callback*", "bm:deliver*", "bm:notif*")
    before = {key for family in families for key in store.redis.scan_iter(family)}
    record, _ = make_notification(store, URL)
    for student, end in (("a", Result.DELIVERED), ("b", Result.DROP), ("c", Result.RETRY), ("d", None)):
        finish_job(store, new(student))
        attempt = claim_one(store)
        if end:
            store.notifications.conclude(attempt, end, pause=60)
    assert states(store, record.id) == {"pending": 2, "delivered": 1, "failed": 1}
    assert store.notifications.remove(record.id)
    assert store.notifications.conclude(attempt, Result.RETRY) is None
    after = {key for family in families for key in store.redis.scan_iter(family)}
    assert after == before
    assert not store.notifications.remove(record.id)


def test_what_is_remembered_expires_and_successes_are_only_the_last_hundred(store: Store, endpoint: str) -> None:
    for student in range(103):
        finish_job(store, new(str(student)))
    for attempt in claim(store, limit=200, most_per_endpoint=200):
        store.notifications.conclude(attempt, Result.DELIVERED)
    page = store.notifications.deliveries(endpoint, DeliveryState.DELIVERED, limit=200)
    assert len(page.items) == 100
    keys = [*store.redis.scan_iter("bm:delivery:*"), *store.redis.scan_iter("bm:deliveries:delivered:*")]
    assert len(keys) == 101
    assert all(0 < store.redis.pttl(key) <= 7 * GIVE_UP for key in keys)


def test_deliveries_are_listed_newest_first_page_by_page(store: Store, endpoint: str) -> None:
    names = [finish_job(store, new(str(student))) for student in range(5)]
    store.notifications.move()
    first = store.notifications.deliveries(endpoint, DeliveryState.PENDING, limit=3)
    finish_job(store, new("late"))
    store.notifications.move()
    second = store.notifications.deliveries(endpoint, DeliveryState.PENDING, limit=3, after=first.next_cursor)
    assert [delivery.submission for delivery in (*first.items, *second.items)] == names[::-1]
    assert second.next_cursor is None
    with pytest.raises(BadCursor):
        store.notifications.deliveries(endpoint, DeliveryState.PENDING, after="nonsense")


@pytest.mark.usefixtures("endpoint")
def test_deliveries_hold_nothing_of_a_student(store: Store) -> None:
    finish_job(store, new("ada-lovelace"))
    store.notifications.conclude(claim_one(store), Result.RETRY, pause=60)
    for name in store.redis.scan_iter("bm:deliver*"):
        stored_text = (
            store.redis.hgetall(name) if store.redis.type(name) == b"hash" else store.redis.zrange(name, 0, -1)
        )
        assert "lovelace" not in str(stored_text)


@pytest.mark.usefixtures("endpoint")
def test_a_verdict_that_is_held_back_is_an_event_once_it_is_published(store: Store) -> None:
    """When it is reached tells how long grading took."""
    store.courses.set_policy("cs101", "udl-7.2", Policy(held_back=True), "prof")
    waiting, graded = accept(store, new("grace")), [finish_job(store, new(student)) for student in ("ada", "bob")]
    assert replace_verdict(store, graded[0], 1, verdict("failed"), "regrade") == 2
    assert claim(store) == []
    store.courses.publish_marks("cs101", "udl-7.2", "prof")
    published = store.time()
    attempts = claim(store)
    assert {(attempt.event, attempt.subject) for attempt in attempts} == {(Event.DONE, name) for name in graded}
    assert all(abs(attempt.at - published) < 10 for attempt in attempts)
    assert store.submissions.finish(claim_job(store, waiting), verdict("passed"))
    assert [(attempt.event, attempt.subject) for attempt in claim(store)] == [(Event.DONE, waiting)]


@pytest.mark.usefixtures("endpoint")
def test_a_file_that_is_refused_is_an_event_though_verdicts_are_held_back(store: Store) -> None:
    store.courses.set_policy("cs101", "udl-7.2", Policy(held_back=True), "prof")
    refused = finish_job(store, outcome="rejected")
    assert [attempt.subject for attempt in claim(store)] == [refused]
    store.courses.publish_marks("cs101", "udl-7.2", "prof")
    assert claim(store) == []


def test_every_event_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/developer/notifications.md").read_text("utf-8")
    assert [event for event in Event if f"| `{event}` |" not in text] == []


def test_the_docs_quote_every_message_of_a_chat() -> None:
    """Word for word, with `(link)` in the place of the address."""
    text = (Path(__file__).parents[2] / "docs/developer/notifications.md").read_text("utf-8").replace("\\`", "`")
    rows = [
        f"| `{event}` | {chat.write_message(Occurrence(event, 0, 'ml', 'udl-7.2', '(link)'))['text']} |"
        for event in chat.KIND.events
    ]
    assert [row for row in rows if row not in text.splitlines()] == []


def make_chat(store: Store, url: str = "https://hooks.example/services/T1/secret-part?x=1") -> str:
    notification, secret = store.notifications.create("cs101", Notification(url, "chat"))
    assert secret is None
    return notification.id


def test_of_a_chat_s_url_only_the_host_is_read_back_or_logged(store: Store) -> None:
    notification = store.notifications.get(make_chat(store))
    assert notification is not None
    assert (notification.kind, notification.url) == ("chat", "https://hooks.example/...")
    assert "secret-part" not in str(store.courses.audit("cs101").items)
    assert store.notifications.rotate(notification.id, hours=1) is None


def test_a_chat_is_told_of_what_needs_a_person_and_of_nothing_else(store: Store) -> None:
    make_chat(store)
    finish_job(store)
    failed = accept(store, new("bob"))
    assert store.jobs.record_failure(claim_job(store, failed), "damaged", 1) is State.SERVICE_FAILED
    (attempt,) = claim(store)
    assert (attempt.kind, attempt.event, attempt.subject) == ("chat", Event.SERVICE_FAILED, failed)
    assert (attempt.secrets, attempt.url) == ((), "https://hooks.example/services/T1/secret-part?x=1")


def test_a_kind_or_an_event_of_a_newer_version_is_left_to_it(store: Store) -> None:
    known, newer = make_notification(store, URL)[0], make_notification(store, URL)[0]
    store.redis.hset(f"bm:callback:{newer.id}", "kind", "pager")
    finish_job(store)
    assert [attempt.kind for attempt in claim(store)] == ["webhook"]
    (delivery,) = store.notifications.deliveries(known.id, DeliveryState.PENDING).items
    store.redis.hset(f"bm:delivery:{delivery.id}", "event", "submission.born")
    assert store.notifications.deliveries(known.id, DeliveryState.PENDING).items == ()
    store.notifications.ahead = 61
    assert claim(store) == []


def test_a_test_message_goes_to_one_notification_alone(store: Store) -> None:
    chat, webhook = make_chat(store), make_notification(store, URL)[0].id
    delivery = store.notifications.test(chat, "prof")
    assert delivery is not None
    (attempt,) = claim(store)
    assert (attempt.delivery, attempt.event, attempt.subject) == (delivery.id, Event.TEST, "")
    assert states(store, webhook)["pending"] == 0
    assert store.courses.audit("cs101").items[0].act == "notification.test"


def test_what_is_disabled_or_gone_is_sent_no_test(store: Store) -> None:
    chat = make_chat(store)
    store.notifications.test(chat)
    store.notifications.conclude(claim_one(store), Result.GONE, status=410, error="410")
    assert store.notifications.test(chat) is None
    assert store.notifications.test("nobody") is None


def test_a_regrade_that_waits_for_a_decision_is_an_event_once(store: Store) -> None:
    make_chat(store)
    grade_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": result(10)})
    (attempt,) = claim(store)
    assert (attempt.event, attempt.subject, attempt.course) == (Event.REGRADE_WAITING, name, "cs101")
    store.notifications.conclude(attempt, Result.DELIVERED)
    apply_regrade(store, name)
    assert claim(store) == []


def test_of_two_notifications_at_once_the_last_that_there_is_room_for_is_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(MOST_NOTIFICATIONS - 1):
        make_notification(store, URL)
    interleave(monkeypatch, lambda: make_notification(store, URL))
    with pytest.raises(TooManyNotifications):
        make_notification(store, URL)
    assert len(store.notifications.of_course("cs101")) == MOST_NOTIFICATIONS


def test_of_two_rotations_at_once_the_last_ones_secret_signs_and_the_others_along(
    store: Store, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[str | None] = []
    interleave(monkeypatch, lambda: others.append(store.notifications.rotate(endpoint, 24)))
    secret = store.notifications.rotate(endpoint, 24)
    finish_job(store)
    assert claim_one(store).secrets == (secret, *others)


@pytest.mark.parametrize("how", ["rotate", "remove"])
def test_nothing_is_left_of_a_notification_that_somebody_else_removes(
    store: Store, endpoint: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    interleave(monkeypatch, lambda: store.notifications.remove(endpoint))
    if how == "rotate":
        assert store.notifications.rotate(endpoint, 24) is None
    else:
        assert not store.notifications.remove(endpoint)
    assert list_remains(store) == set()
