"""Records of other versions: missing fields have their defaults, and unknown ones do no harm."""

import json
from dataclasses import asdict, replace

from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.notifications import Event
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.records import Scope
from backmark.grader.reports.disclosure import policy
from backmark.grader.store.codec import encode
from backmark.grader.store.connection import texts
from backmark.grader.store.regrades.entry import RegradeEntry
from backmark.grader.store.regrades.reading import read_selection
from backmark.grader.store.store import Store
from backmark.grader.store.summary import VerdictSummary
from backmark.grader.store.workers import Worker
from tests.store.making import accept, claim_job, make_notification, verdict
from tests.store.regrading import request_regrade

STANDING = VerdictSummary("failed", 8, 10, ("any_shape",), ("pure",), (("scaled", "It is scaled."),))


def test_a_verdict_lacks_nothing_that_later_versions_have(store: Store) -> None:
    name = accept(store)
    assert store.submissions.finish(claim_job(store, name), verdict())
    older = verdict().as_dict() | {"invented": 1}
    for member in ("schema", "first_difference", "diagnosis", "flags", "output", "counterexample", "error"):
        del older[member]
    del older["properties"][0]["counterexample"], older["assignment"]["kind"]
    store.redis.set(f"bm:verdict:{name}:1", encode(older))
    assert store.submissions.verdict(name) == verdict()


def test_a_revision_s_record_is_read_with_fewer_and_with_more_fields(store: Store) -> None:
    revision = RevisionRecord("r1", "cs101", "{}", "mine", "Mine", "0" * 64, 0.0, 0, (("drop_mask", 3),), "{}")
    record_published = store.assignments.publish(revision, b"networks")
    record = asdict(revision) | {"invented": 1}
    del record["preview"]
    store.redis.hset("bm:revision:cs101:r1", "record", json.dumps(record))
    assert store.assignments.get("cs101", "r1") == replace(record_published, preview="")


def test_a_worker_of_a_newer_version_is_listed(store: Store) -> None:
    worker = Worker("w", "host", 2, jail=True, reason=None, version="9", role="worker")
    store.workers.report(worker)
    store.redis.set("bm:worker:w", json.dumps(asdict(worker) | {"invented": 1}))
    assert store.workers.list() == [worker]


def test_an_entry_and_a_standing_are_read_with_fewer_and_with_more_fields() -> None:
    entry = RegradeEntry("ada", 1, "a.py", 1.0, "unit", 1, STANDING)
    fields = entry.write()
    assert RegradeEntry.read(json.dumps(fields | {"invented": 1, "before": [*STANDING.write(), "invented"]})) == entry
    assert VerdictSummary.read(STANDING.write()[:3]) == VerdictSummary("failed", 8, 10)


def test_a_regrade_s_selection_is_read_with_fewer_and_with_more_fields(store: Store) -> None:
    name = request_regrade(store)
    raw = texts(store.redis.hgetall(f"bm:regrade:{name}"))
    selection = json.loads(raw["selection"])
    del selection["fresh"], selection["outcomes"]
    repeat = read_selection(raw | {"selection": json.dumps(selection | {"invented": 1})})
    assert repeat == read_selection(raw)


def test_a_scope_that_is_not_known_grants_nothing(store: Store) -> None:
    token, secret = store.tokens.create("t", "cs101", {Scope.READ})
    store.redis.hset(f"bm:token:{token.id}", "scopes", "read invented")
    assert store.tokens.verify(secret) == token


def test_a_notification_of_events_that_are_not_known_is_listed(store: Store) -> None:
    endpoint, _ = make_notification(store, "https://example.org/", Event.DONE)
    store.redis.hset(f"bm:callback:{endpoint.id}", "sends", "submission.done submission.invented")
    assert store.notifications.of_course("cs101") == [endpoint]


def test_settings_lack_nothing_and_feedback_that_is_not_known_shows_least() -> None:
    text = '{"id": "x", "title": "X", "feedback": {"levels": ["hint"], "uncounted": "hint"}, "invented": 1}'
    assignment = read_settings(text)
    assert (assignment["dtype"], assignment["rows"], assignment["check"]) == ("float64", [], None)
    assert (assignment["invented"], assignment["limits"]["seconds"], assignment["seed"]) == (1, 20.0, 0)
    assert policy(assignment) == Feedback.always(Level.HINT)
    for newer in ({"levels": ["invented"]}, {"levels": ["full"], "invented": 1}):
        assert policy({"feedback": newer | {"hidden": ["pure"]}}) == Feedback.always(Level.SCORE, ("pure",))
