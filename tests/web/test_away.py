"""Redis away: every request says so and when to come again, nothing is half-recorded, and all goes on by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.grader.web.http.limits import RequestLimits
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.web.asking import Asker


@dataclass(frozen=True, slots=True)
class House:
    """An application on a Redis of its own, which may go away."""

    redis: EmbeddedRedis
    store: Store
    app: Flask
    staff: Asker


@pytest.fixture
def house(tmp_path: Path, redis_server: EmbeddedRedis) -> Iterator[House]:
    """All of it; skipped where the shared Redis is."""
    assert redis_server.pid
    redis = EmbeddedRedis(tmp_path)
    redis.start()
    settings = ServiceSettings(redis_url=SecretStr(redis.url))
    store = Store.connect(settings)
    app = create_app(settings, store)
    yield House(redis, store, app, Asker.with_token(app, store, "course", Scope.STAFF))
    store.close()
    redis.stop()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/submissions"),
        ("GET", "/submissions"),
        ("GET", "/submissions/0?wait=5"),
        ("GET", "/submissions/0/events"),
        ("POST", "/submissions/0/cancel"),
        ("DELETE", "/students/ada"),
        ("GET", "/assignments"),
        ("POST", "/publications"),
        ("GET", "/token"),
    ],
)
def test_every_request_says_when_to_come_again(house: House, method: str, path: str) -> None:
    house.redis.kill()
    answer = house.staff.ask(method, path)
    assert (answer.status_code, answer.get_json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_nothing_is_half_recorded_and_all_goes_on_by_itself(house: House) -> None:
    before = house.staff.submit("ada").get_json()["id"]
    house.redis.kill()
    assert house.staff.submit("grace", {"Idempotency-Key": "1"}).status_code == 503
    house.redis.start()
    after = house.staff.submit("grace", {"Idempotency-Key": "1"})
    assert after.status_code == 202
    page = house.store.submissions.list(Filter("course"))
    assert [record.id for record in page.items] == [after.get_json()["id"], before]


def test_a_redis_that_keeps_nothing_more_refuses_wholly(house: House) -> None:
    house.staff.submit("ada")
    # Full: it reads, and writes nothing.
    house.store.redis.config_set("maxmemory", 1)
    # By what was known of its memory a moment ago, or by Redis itself.
    assert house.staff.submit("grace").status_code in {503, 507}
    assert house.staff.get("//readyz").get_json()["parts"]["redis"]["ok"] is False
    assert len(house.staff.get("/submissions").get_json()["items"]) == 1
    house.store.redis.config_set("maxmemory", 0)
    assert len(house.staff.get("/submissions").get_json()["items"]) == 1


def test_room_can_be_made_in_a_full_redis(house: House) -> None:
    house.staff.submit("ada")
    house.store.redis.config_set("maxmemory", 1)
    assert house.staff.delete("/students/ada").get_json() == {"deleted": 1}
    house.store.redis.config_set("maxmemory", 0)
    assert house.staff.submit("ada").status_code == 202


def test_the_limits_say_it_too(house: House) -> None:
    limits = RequestLimits(house.store.settings, house.store.redis, house.store.shares)
    house.redis.kill()
    with pytest.raises(StoreUnavailable):
        limits.count("token", "read")


def test_a_process_lives_while_redis_is_away_and_says_what_is_missing(house: House) -> None:
    house.redis.kill()
    assert house.staff.get("//healthz").get_json() == {"ok": True}
    ready = house.staff.get("//readyz")
    assert ready.status_code == 503
    assert {name: part["ok"] for name, part in ready.get_json()["parts"].items()} == dict.fromkeys(
        ("redis", "workers", "sweeper", "storage"), False
    )
    metrics = house.staff.get("//metrics")
    assert (metrics.status_code, "backmark_redis_up 0.0" in metrics.text) == (200, True)
