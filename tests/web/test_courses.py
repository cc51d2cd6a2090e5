"""A token of another course: whatever it asks about this one, by whichever operation, there is nothing."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from backmark.grader.model.course import Invitation
from backmark.grader.model.records import Job, Kind
from backmark.grader.store.store import Store
from backmark.grader.web.http.resource import PREFIX
from tests.web.asking import SOURCE, Asker
from tests.web.concluding import conclude, step
from tests.web.tomls import TOML

URL = "https://1.1.1.1/hook"

TERMS = "/courses/<course>/assignments/<assignment>"
#: Of a student's terms, those that staff give.
_GIVEN = ("extensions", "overrides")

#: What each operation needs to be a request that would go well.
BODIES: dict[str, dict[str, Any]] = {
    "/retries": {"limit": 10},
    "/submissions": {"assignment": "udl-7.2", "student": "ada", "filename": "answer.py", "source": SOURCE},
    "/publications": {"toml": TOML},
    "/regrades": {"assignment": "udl-7.2"},
    "/regrades/<regrade_id>/apply": {"mode": "whole"},
    "/callbacks": {"url": URL},
    f"{TERMS}/policy": {"late": 10},
    f"{TERMS}/extensions/<student>": {"attempts": 5, "reason": "ill"},
    f"{TERMS}/overrides/<student>": {"share": 1, "reason": "ill"},
    f"{TERMS}/outages": {"start": "2027-03-05T12:00Z", "end": "2027-03-05T14:00Z", "reason": "a full disk"},
    f"{TERMS}/links": {"student": "ada"},
    "/submissions/<submission_id>/notes": {"text": "Well done."},
    "/submissions/<submission_id>/questions": {"text": "Why?"},
    "/submissions/<submission_id>/questions/<question_id>/answer": {"text": "Look again."},
    f"{TERMS}/extensions": {"section": "A", "attempts": 5, "reason": "ill"},
    "/courses/<course>": {"title": "Networks"},
    "/courses/<course>/invitations": {"role": "assistant"},
    "/courses/<course>/roster": {"students": [{"student": "ada"}]},
    "/courses/<course>/roster/<student>": {"name": "Ada"},
}
#: Whose address says by itself of which course they are; of all else a request names the course.
BY_ID = {"submission_id", "regrade_id", "publication_id", "notification_id"}
NAMED = {"course": "course"}
#: What is about no course, what only an administrator may, and what every course has alike: see the other tests.
ELSEWHERE = {
    "/courses",
    "DELETE /courses/<course>",
    "/token",
    "/tokens",
    "/tokens/<token_id>",
    "/openapi.json",
    "/docs",
    "/docs/<path:name>",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and an address, as the application has it, without the prefix."""

    method: str
    rule: str


@pytest.fixture
def operations(app: Flask) -> list[Operation]:
    """All that a course's token may ask: one that is new is among them."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    all_operations = [
        Operation(method, rule.rule.removeprefix(PREFIX))
        for rule in rules
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return [each for each in all_operations if not ELSEWHERE & {each.rule, f"{each.method} {each.rule}"}]


@pytest.fixture
def names(staff: Asker, store: Store) -> dict[str, str]:
    """One of everything in the course, by what an address calls it."""
    submission = staff.submit().get_json()["id"]
    conclude(store, submission)
    regrade = staff.post("/regrades", json={"assignment": "udl-7.2", "fresh": True}).get_json()["id"]
    claim = store.jobs.claim(Job(Kind.REGRADE, regrade))
    assert claim is not None
    step(store, claim)
    place = TERMS.replace("<course>", "course").replace("<assignment>", "udl-7.2")
    for rule, noun in (
        (f"{TERMS}/policy", "policy"),
        *((f"{TERMS}/{kind}/<student>", f"{kind}/ada") for kind in _GIVEN),
    ):
        assert staff.ask("PUT", f"{place}/{noun}", json=BODIES[rule]).status_code == 200
    assert staff.ask("PUT", "/courses/course/roster", json=BODIES["/courses/<course>/roster"]).status_code == 200
    return {
        "submission_id": submission,
        "regrade_id": regrade,
        "publication_id": staff.post("/publications", json={"toml": TOML}).get_json()["id"],
        "notification_id": staff.post("/callbacks", json={"url": URL}).get_json()["id"],
        "assignment_id": "udl-7.2",
        "revision_id": staff.get("/assignments/udl-7.2").get_json()["revision"]["id"],
        "student": "ada",
        "course": "course",
        "assignment": "udl-7.2",
        "note_id": staff.post(f"/submissions/{submission}/notes", json={"text": "Well done."}).get_json()["id"],
        "question_id": staff.post(f"/submissions/{submission}/questions", json={"text": "Why?"}).get_json()["id"],
        "member": store.staff.members("course")[0].id,
        "invitation": store.staff.invite("course", Invitation()).id,
        "outage_id": staff.post(f"{place}/outages", json=BODIES[f"{TERMS}/outages"]).get_json()["id"],
    }


def dump_store(store: Store) -> dict[bytes, bytes | None]:
    """All that the store holds, but for what counts requests."""
    keys: Any = store.redis.keys("*")
    return {key: store.redis.dump(key) for key in keys if not key.startswith((b"bm:limits", b"bm:share"))}


def test_nothing_of_a_course_is_there_for_another_ones_token(
    operations: list[Operation], names: dict[str, str], stranger: Asker, store: Store
) -> None:
    before = dump_store(store)
    assert len(operations) > 25
    for operation in operations:
        has_body = operation.method in {"POST", "PUT", "PATCH"}
        path, body = operation.rule, dict(BODIES.get(operation.rule, {})) if has_body else {}
        for name, value in names.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, f"{operation}: what should stand there?"
        if "<course>" not in operation.rule and not any(f"<{name}>" in operation.rule for name in BY_ID):
            path, body = (path, body | NAMED) if body else (f"{path}?course=course", body)
        answer = stranger.ask(operation.method, path, **({"json": body} if body else {}))
        assert answer.status_code == 404, (operation, answer.text)
    assert dump_store(store) == before
