"""A token of another course: whatever it asks about this one, by whichever operation, there is nothing."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from grader.model.records import Job, Kind
from grader.store.store import Store
from grader.web.http.resource import PREFIX
from tests.web.asking import SOURCE, Asker
from tests.web.concluding import conclude, step

TOML = 'id = "mine"\ntitle = "Mine"\n'
URL = "https://1.1.1.1/hook"

#: What each operation needs to be a request that would go well.
BODIES: dict[str, dict[str, Any]] = {
    "/retries": {"limit": 10},
    "/submissions": {"assignment": "udl-7.2", "student": "ada", "filename": "answer.py", "source": SOURCE},
    "/publications": {"toml": TOML},
    "/regrades": {"assignment": "udl-7.2"},
    "/regrades/<regrade_id>/apply": {"mode": "whole"},
    "/callbacks": {"url": URL},
}
#: Whose address says by itself of which course they are; of all else a request names the course.
BY_ID = {"submission_id", "regrade_id", "publication_id", "callback_id"}
NAMED = {"course": "course"}
#: What is about no course, what only an administrator may, and what every course has alike: see the other tests.
ELSEWHERE = {"/token", "/tokens", "/tokens/<token_id>", "/openapi.json", "/docs", "/docs/<path:name>"}


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and an address, as the application has it, without the prefix."""

    method: str
    rule: str


@pytest.fixture
def operations(app: Flask) -> list[Operation]:
    """All that a course's token may ask: one that is new is among them."""
    rules = [each for each in app.url_map.iter_rules() if each.rule.startswith(PREFIX)]
    found = [
        Operation(method, each.rule.removeprefix(PREFIX))
        for each in rules
        for method in sorted((each.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return [each for each in found if each.rule not in ELSEWHERE]


@pytest.fixture
def names(staff: Asker, store: Store) -> dict[str, str]:
    """One of everything in the course, by what an address calls it."""
    submission = staff.submit().get_json()["id"]
    conclude(store, submission)
    regrade = staff.post("/regrades", json={"assignment": "udl-7.2", "fresh": True}).get_json()["id"]
    claim = store.jobs.claim(Job(Kind.REGRADE, regrade))
    assert claim is not None
    step(store, claim)
    return {
        "submission_id": submission,
        "regrade_id": regrade,
        "publication_id": staff.post("/publications", json={"toml": TOML}).get_json()["id"],
        "callback_id": staff.post("/callbacks", json={"url": URL}).get_json()["id"],
        "assignment_id": "udl-7.2",
        "revision_id": staff.get("/assignments/udl-7.2").get_json()["revision"]["id"],
        "student": "ada",
    }


def dump_store(store: Store) -> dict[bytes, bytes | None]:
    """All that the store holds, but for what counts requests."""
    keys: Any = store.redis.keys("*")
    return {key: store.redis.dump(key) for key in keys if not key.startswith(b"bm:limits")}


def test_nothing_of_a_course_is_there_for_another_ones_token(
    operations: list[Operation], names: dict[str, str], stranger: Asker, store: Store
) -> None:
    before = dump_store(store)
    assert len(operations) > 25
    for each in operations:
        path, body = each.rule, dict(BODIES.get(each.rule, {})) if each.method == "POST" else {}
        for name, value in names.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, f"{each}: what should stand there?"
        if not any(f"<{name}>" in each.rule for name in BY_ID):
            path, body = (path, body | NAMED) if body else (f"{path}?course=course", body)
        answer = stranger.ask(each.method, path, **({"json": body} if body else {}))
        assert answer.status_code == 404, (each, answer.text)
    assert dump_store(store) == before
