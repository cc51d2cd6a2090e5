"""Endpoints, their secrets, and what is still to be told to each of them."""

import json
from base64 import b64decode
from collections import Counter
from pathlib import Path

import pytest

from backmark.grader.store.callbacks import (
    GIVE_UP,
    MOST_ENDPOINTS,
    DeliveryAttempt,
    DeliveryState,
    Event,
    Result,
    TooManyEndpoints,
)
from backmark.grader.store.errors import BadCursor
from backmark.grader.store.store import Store
from tests.store.making import accept, finish_job, new

URL = "https://portal.example/hook"
DAY = GIVE_UP / 1000


def claim(store: Store, limit: int = 100, most_per_endpoint: int = 100, lease: float = 60.0) -> list[DeliveryAttempt]:
    """Empty the outbox, and claim the deliveries that are due."""
    store.callbacks.move()
    return store.callbacks.claim(limit, most_per_endpoint, lease)


def claim_one(store: Store) -> DeliveryAttempt:
    """The one delivery that is due."""
    (attempt,) = claim(store)
    return attempt


def states(store: Store, endpoint: str) -> dict[str, int]:
    """How many deliveries are in each state."""
    return {state: len(store.callbacks.deliveries(endpoint, state).items) for state in DeliveryState}


@pytest.fixture
def endpoint(store: Store) -> str:
    return store.callbacks.create("cs101", URL)[0].id


def test_a_secret_is_32_random_bytes_and_shown_once(store: Store) -> None:
    record, secret = store.callbacks.create("cs101", URL, [Event.DONE])
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert store.callbacks.get(record.id) == record
    assert secret not in repr(store.callbacks.get(record.id))


def test_endpoints_are_listed_by_course_newest_first(store: Store) -> None:
    first, second = (store.callbacks.create("cs101", f"{URL}/{number}")[0] for number in range(2))
    store.callbacks.create("other", URL)
    assert store.callbacks.endpoints("cs101") == [second, first]


def test_a_course_has_only_so_many_endpoints(store: Store) -> None:
    for _ in range(MOST_ENDPOINTS):
        store.callbacks.create("cs101", URL)
    with pytest.raises(TooManyEndpoints):
        store.callbacks.create("cs101", URL)
    store.callbacks.create("other", URL)


def test_an_event_becomes_a_delivery_for_each_endpoint_that_asked_for_its_kind(store: Store) -> None:
    secrets = {store.callbacks.create("cs101", URL, [Event.DONE, Event.REGRADED])[1] for _ in range(2)}
    store.callbacks.create("cs101", URL, [Event.CANCELLED])
    store.callbacks.create("other", URL)
    name = finish_job(store)
    attempts = claim(store)
    assert {attempt.secrets for attempt in attempts} == {(secret,) for secret in secrets}
    assert {(attempt.submission, attempt.event, attempt.number) for attempt in attempts} == {(name, Event.DONE, 1)}
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
    moved_count, unreadable = store.callbacks.move()
    assert (moved_count, len(unreadable)) == (4, 3)
    assert states(store, endpoint)["pending"] == 1


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(store: Store, endpoint: str) -> None:
    finish_job(store)
    first = claim_one(store)
    assert claim(store) == []
    store.callbacks.ahead = 61
    second = claim_one(store)
    assert (second.delivery, second.number) == (first.delivery, 2)
    assert second.fence > first.fence
    assert store.callbacks.conclude(first, Result.DELIVERED) is None
    assert store.callbacks.conclude(second, Result.DELIVERED) is DeliveryState.DELIVERED
    assert states(store, endpoint) == {"pending": 0, "delivered": 1, "failed": 0}


def test_a_failed_attempt_is_due_again_after_its_pause_under_the_same_id(store: Store, endpoint: str) -> None:
    finish_job(store)
    first = claim_one(store)
    assert store.callbacks.conclude(first, Result.RETRY, status=503, error="busy", pause=5) is DeliveryState.PENDING
    store.callbacks.ahead = 4
    assert claim(store) == []
    (delivery,) = store.callbacks.deliveries(endpoint, DeliveryState.PENDING).items
    assert (delivery.status, delivery.error, delivery.attempts) == (503, "busy", 1)
    assert delivery.due is not None
    store.callbacks.ahead = 6
    assert claim_one(store).delivery == first.delivery


def test_the_last_attempt_is_made_when_the_day_is_over_and_then_it_is_given_up(store: Store, endpoint: str) -> None:
    finish_job(store)
    store.callbacks.conclude(claim_one(store), Result.RETRY, error="early", pause=10 * DAY)
    store.callbacks.ahead = DAY - 5
    assert claim(store) == []
    store.callbacks.ahead = DAY + 5
    assert store.callbacks.conclude(claim_one(store), Result.RETRY, error="at last", pause=1) is DeliveryState.FAILED
    (given_up,) = store.callbacks.deliveries(endpoint, DeliveryState.FAILED).items
    assert (given_up.attempts, given_up.error) == (2, "at last")
    store.callbacks.ahead = 3 * DAY
    assert claim(store) == []


def test_one_that_was_never_reached_in_its_day_is_still_tried_once(store: Store, endpoint: str) -> None:
    finish_job(store)
    store.callbacks.move()
    store.callbacks.ahead = 2 * DAY
    assert store.callbacks.conclude(claim_one(store), Result.RETRY) is DeliveryState.FAILED
    assert states(store, endpoint)["failed"] == 1


@pytest.mark.usefixtures("endpoint")
def test_one_endpoint_takes_only_so_many_places_and_leaves_the_others_theirs(store: Store) -> None:
    for student in range(6):
        finish_job(store, new(str(student)))
    store.callbacks.move()
    other_endpoint = store.callbacks.create("cs101", "https://other.example/")[0]
    finish_job(store, new("late"))
    attempts = claim(store, limit=10, most_per_endpoint=3)
    assert Counter(attempt.url for attempt in attempts) == {URL: 3, other_endpoint.url: 1}
    assert claim(store, limit=10, most_per_endpoint=3) == []
    store.callbacks.conclude(next(attempt for attempt in attempts if attempt.url == URL), Result.DELIVERED)
    assert [attempt.url for attempt in claim(store, limit=10, most_per_endpoint=3)] == [URL]


@pytest.mark.usefixtures("endpoint")
def test_places_of_attempts_whose_leases_ended_are_free_again(store: Store) -> None:
    for student in range(4):
        finish_job(store, new(str(student)))
    first = {attempt.delivery for attempt in claim(store, most_per_endpoint=2)}
    store.callbacks.ahead = 61
    assert len(first & {attempt.delivery for attempt in claim(store, most_per_endpoint=2)}) <= 2
    store.callbacks.ahead = 122
    assert len(claim(store, most_per_endpoint=4)) == 4


@pytest.mark.usefixtures("endpoint")
def test_an_endpoint_that_fails_is_tried_one_at_a_time_until_it_answers(store: Store) -> None:
    for student in range(4):
        finish_job(store, new(str(student)))
    attempts = claim(store, most_per_endpoint=3)
    for attempt in attempts:
        store.callbacks.conclude(attempt, Result.RETRY, pause=0)
    (first_attempt,) = claim(store, most_per_endpoint=3)
    store.callbacks.conclude(first_attempt, Result.DELIVERED)
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
    assert store.callbacks.conclude(first, Result.GONE, status=410, error="410") is DeliveryState.FAILED
    assert states(store, endpoint) == {"pending": 0, "delivered": 0, "failed": 3}
    disabled_endpoint = store.callbacks.get(endpoint)
    assert disabled_endpoint is not None
    assert disabled_endpoint.disabled is not None
    assert disabled_endpoint.reason == "410"
    finish_job(store, new("late"))
    assert claim(store) == []


def test_the_old_secret_signs_along_for_the_hours_that_were_chosen(store: Store) -> None:
    record, old_secret = store.callbacks.create("cs101", URL)
    fresh_secret = store.callbacks.rotate(record.id, hours=24)
    assert fresh_secret not in {None, old_secret}
    finish_job(store)
    first = claim_one(store)
    assert first.secrets == (fresh_secret, old_secret)
    store.callbacks.ahead = 25 * 3600
    assert claim_one(store).secrets == (fresh_secret,)


def test_without_hours_the_old_secret_ends_at_once(store: Store) -> None:
    record, _ = store.callbacks.create("cs101", URL)
    fresh_secret = store.callbacks.rotate(record.id, hours=0)
    finish_job(store)
    assert claim_one(store).secrets == (fresh_secret,)
    assert store.callbacks.rotate("nobody", hours=0) is None


def test_an_endpoint_is_removed_with_all_that_belongs_to_it(store: Store) -> None:
    before = set(store.redis.scan_iter("bm:*callback*")) | set(store.redis.scan_iter("bm:deliver*"))
    record, _ = store.callbacks.create("cs101", URL)
    for student, result in (("a", Result.DELIVERED), ("b", Result.DROP), ("c", Result.RETRY), ("d", None)):
        finish_job(store, new(student))
        attempt = claim_one(store)
        if result:
            store.callbacks.conclude(attempt, result, pause=60)
    assert states(store, record.id) == {"pending": 2, "delivered": 1, "failed": 1}
    assert store.callbacks.remove(record.id)
    assert store.callbacks.conclude(attempt, Result.RETRY) is None
    after = set(store.redis.scan_iter("bm:*callback*")) | set(store.redis.scan_iter("bm:deliver*"))
    assert after == before
    assert not store.callbacks.remove(record.id)


def test_what_is_remembered_expires_and_successes_are_only_the_last_hundred(store: Store, endpoint: str) -> None:
    for student in range(103):
        finish_job(store, new(str(student)))
    for attempt in claim(store, limit=200, most_per_endpoint=200):
        store.callbacks.conclude(attempt, Result.DELIVERED)
    page = store.callbacks.deliveries(endpoint, DeliveryState.DELIVERED, limit=200)
    assert len(page.items) == 100
    keys = [*store.redis.scan_iter("bm:delivery:*"), *store.redis.scan_iter("bm:deliveries:delivered:*")]
    assert len(keys) == 101
    assert all(0 < store.redis.pttl(key) <= 7 * GIVE_UP for key in keys)


def test_deliveries_are_listed_newest_first_page_by_page(store: Store, endpoint: str) -> None:
    names = [finish_job(store, new(str(student))) for student in range(5)]
    store.callbacks.move()
    first = store.callbacks.deliveries(endpoint, DeliveryState.PENDING, limit=3)
    finish_job(store, new("late"))
    store.callbacks.move()
    second = store.callbacks.deliveries(endpoint, DeliveryState.PENDING, limit=3, after=first.next_cursor)
    assert [delivery.submission for delivery in (*first.items, *second.items)] == names[::-1]
    assert second.next_cursor is None
    with pytest.raises(BadCursor):
        store.callbacks.deliveries(endpoint, DeliveryState.PENDING, after="nonsense")


@pytest.mark.usefixtures("endpoint")
def test_deliveries_hold_nothing_of_a_student(store: Store) -> None:
    finish_job(store, new("ada-lovelace"))
    store.callbacks.conclude(claim_one(store), Result.RETRY, pause=60)
    for name in store.redis.scan_iter("bm:deliver*"):
        stored_text = (
            store.redis.hgetall(name) if store.redis.type(name) == b"hash" else store.redis.zrange(name, 0, -1)
        )
        assert "lovelace" not in str(stored_text)


def test_every_event_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/callbacks.md").read_text("utf-8")
    assert [event for event in Event if f"| `{event}` |" not in text] == []
