"""Verdicts are written once; which of them holds changes by compare and set, and only by a regrade."""

import json
from typing import Any

import pytest

from backmark.grader.model.records import State
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from tests.store.making import (
    accept,
    cache_verdict,
    claim_job,
    finish_job,
    new,
    now,
    replace_verdict,
    restore_verdict,
    verdict,
)


def test_a_verdict_is_read_as_it_was_written(store: Store) -> None:
    full_verdict = verdict("failed", output="ü" * 5000, error=None)
    name = accept(store)
    store.submissions.finish(claim_job(store, name), full_verdict, reused=True)
    record = now(store, name)
    assert store.submissions.verdict(name) == store.submissions.verdict(name, 1) == full_verdict
    assert (record.state, record.verdict, record.outcome, record.score, record.max_score) == (
        State.DONE,
        1,
        "failed",
        8,
        10,
    )
    assert (record.failing, record.reused) == (("relu_derivative",), True)
    assert record.finished is not None


def test_there_is_no_verdict_before_it_is_done(store: Store) -> None:
    name = accept(store)
    assert store.submissions.verdict(name) is None
    assert store.submissions.verdict("nothing") is None
    assert store.submissions.verdict(name, 1) is None


def test_a_submission_names_the_engine_of_the_verdict_that_holds(store: Store) -> None:
    name = accept(store)
    store.submissions.finish(claim_job(store, name), verdict("failed", engine="0.2.0+11111111"))
    assert now(store, name).engine == "0.2.0+11111111"
    assert replace_verdict(store, name, 1, verdict("passed", engine="0.3.0+22222222"), "regrade-1") == 2
    assert now(store, name).engine == "0.3.0+22222222"
    assert restore_verdict(store, name, 2, 1)
    assert now(store, name).engine == "0.2.0+11111111"


def test_the_fingerprint_of_a_submission_s_code_outlives_a_verdict_that_has_none(store: Store) -> None:
    """A regrade is rolled back to what a version before fingerprints said of the same file."""
    name = accept(store)
    store.submissions.finish(claim_job(store, name), verdict("failed"))
    assert replace_verdict(store, name, 1, verdict("passed", fingerprint="f" * 64), "regrade-1") == 2
    assert restore_verdict(store, name, 2, 1)
    assert store.redis.hget(f"bm:submission:{name}", "fingerprint") == b"f" * 64


def test_no_engine_is_named_for_a_verdict_of_a_version_that_did_not_record_it(store: Store) -> None:
    """A worker of that version may run a regrade over a verdict whose engine is known."""
    name = accept(store)
    store.submissions.finish(claim_job(store, name), verdict("failed", engine="0.3.0+22222222"))
    assert replace_verdict(store, name, 1, verdict("passed"), "regrade-1") == 2
    assert now(store, name).engine is None


def test_a_number_that_json_cannot_say_is_refused_before_anything_is_written(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    with pytest.raises(ValueError, match="JSON"):
        store.submissions.finish(claim, verdict(output=float("nan")))
    assert now(store, name).state is State.RUNNING


def test_a_regrade_replaces_the_verdict_it_expected(store: Store) -> None:
    name = finish_job(store, outcome="failed")
    before = now(store, name)
    assert replace_verdict(store, name, 1, verdict("passed"), "regrade-1") == 2
    record = now(store, name)
    assert record.finished == before.finished
    assert (record.judged or 0) >= (before.judged or 0) >= (before.finished or 0) > 0
    assert (record.verdict, record.outcome, record.score, record.regrade) == (2, "passed", 10, "regrade-1")
    assert store.submissions.verdict(name) == verdict("passed")
    assert store.submissions.verdict(name, 1) == verdict("failed")


def test_a_regrade_leaves_what_changed_meanwhile(store: Store) -> None:
    name = finish_job(store)
    assert replace_verdict(store, name, 1, verdict("failed"), "first") == 2
    assert replace_verdict(store, name, 1, verdict("error"), "second") is None
    assert now(store, name).outcome == "failed"
    assert replace_verdict(store, accept(store), 1, verdict(), "third") is None


def test_a_roll_back_restores_the_verdict_and_whose_it_was(store: Store) -> None:
    name = finish_job(store, outcome="failed")
    replace_verdict(store, name, 1, verdict("passed"), "first")
    replace_verdict(store, name, 2, verdict("error"), "second")
    assert not restore_verdict(store, name, 2, 1)
    assert restore_verdict(store, name, 3, 2)
    assert (now(store, name).outcome, now(store, name).regrade) == ("passed", "first")
    assert restore_verdict(store, name, 2, 1)
    assert (now(store, name).outcome, now(store, name).regrade) == ("failed", None)
    assert not restore_verdict(store, name, 1, 9)


def test_lists_by_outcome_follow_the_verdict_that_holds(store: Store) -> None:
    name = finish_job(store, outcome="failed")
    replace_verdict(store, name, 1, verdict("passed"), "first")
    by = {
        outcome: [record.id for record in store.submissions.list(Filter("cs101", outcome=outcome)).items]
        for outcome in ("passed", "failed")
    }
    assert by == {"passed": [name], "failed": []}


def test_a_verdict_is_reused_while_someone_hands_in_its_source(store: Store) -> None:
    name = finish_job(store)
    digest = now(store, name).source_sha256
    assert store.cache.get("key") is None
    assert cache_verdict(store, "key", verdict(), digest)
    assert store.cache.get("key") == verdict()
    store.submissions.delete(name)
    assert store.cache.get("key") is None
    assert not cache_verdict(store, "key", verdict(), digest)


@pytest.mark.parametrize("outcome", ["timeout", "memory", "crashed", "output_limit", "error"])
def test_only_verdicts_that_repeat_themselves_are_reused(store: Store, outcome: str) -> None:
    digest = now(store, finish_job(store)).source_sha256
    assert not cache_verdict(store, "key", verdict(outcome), digest)


def test_nothing_is_reused_where_the_settings_say_so(store: Store) -> None:
    store_without_cache = Store.connect(store.settings.model_copy(update={"cache_days": 0}))
    digest = now(store, finish_job(store)).source_sha256
    assert not cache_verdict(store_without_cache, "key", verdict(), digest)
    cache_verdict(store, "key", verdict(), digest)
    assert store_without_cache.cache.get("key") is None
    store_without_cache.close()


def test_identical_sources_of_others_are_found_within_the_assignment(store: Store) -> None:
    first, same_id = accept(store), accept(store, new("bob"))
    for submission in (new("eve", b"else"), new("eve", course="other"), new("eve", assignment="other")):
        accept(store, submission)
    claim_job(store, first)
    accept(store)
    assert store.submissions.identical(first) == [same_id]
    assert store.submissions.identical("nothing") == []


def test_every_end_is_told_to_notifications_once(store: Store) -> None:
    first = finish_job(store)
    second, third = accept(store), accept(store)
    store.submissions.cancel(third)
    replace_verdict(store, first, 1, verdict("failed"), "regrade")
    lines: Any = store.redis.lrange("bm:outbox", 0, -1)
    entries = [json.loads(line) for line in lines]
    assert [(entry["event"], entry["submission"]) for entry in entries] == [
        ("submission.done", first),
        ("submission.superseded", second),
        ("submission.cancelled", third),
        ("submission.regraded", first),
    ]
    assert {entry["course"] for entry in entries} == {"cs101"}
    assert all(isinstance(entry["at"], int) for entry in entries)
