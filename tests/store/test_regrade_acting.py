"""Staff act on a regrade while something else happens to it: each act happens once, and only where it may."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.regrades import Mode, Phase
from backmark.grader.store.errors import WrongPhase
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave
from tests.store.regrading import (
    apply_regrade,
    claim_step,
    fail,
    finish_step,
    grade_submission,
    now,
    one_chunk,
    phase,
    preview_regrade,
    request_regrade,
    result,
    select_units,
    unit_graded,
    waiting_units,
)


def log(store: Store) -> list[str]:
    """The acts in the course's log, oldest first."""
    return [entry.act for entry in reversed(store.courses.audit("cs101").items)]


def test_of_two_who_decide_at_once_one_applies_it_and_the_other_learns_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    interleave(monkeypatch, lambda: store.regrades.apply(name, Mode.WHOLE, "tutor"))
    with pytest.raises(WrongPhase, match="applying"):
        store.regrades.cancel(name, "prof")
    assert (phase(store, name), log(store)) == (Phase.APPLYING, ["regrade.apply"])


def test_two_modes_at_once_are_one_application(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 2})
    interleave(monkeypatch, lambda: store.regrades.apply(name, Mode.NEVER_LOWER, "tutor"))
    with pytest.raises(WrongPhase):
        store.regrades.apply(name, Mode.WHOLE, "prof")
    finish_step(store, name)
    regrade = now(store, name)
    assert (regrade.mode, regrade.counts.applied, log(store)) == (Mode.NEVER_LOWER, 0, ["regrade.apply"])


def test_many_who_ask_for_the_same_at_once_are_one(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.regrades.apply(name, Mode.WHOLE, "prof"), range(24)))
    finish_step(store, name)
    assert (now(store, name).counts.applied, log(store)) == (1, ["regrade.apply"])


def test_a_preview_that_is_complete_just_before_it_is_cancelled_is_resumed_as_such(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_submission(store, "ada", "a", 8)
    name = select_units(store)
    claim = store.jobs.claim(waiting_units(store)[0])
    assert claim is not None
    interleave(monkeypatch, lambda: unit_graded(store, claim, result(10)))
    assert store.regrades.cancel(name).stopped_in is Phase.PREVIEWED
    assert store.regrades.resume(name)[0].phase is Phase.PREVIEWED


@pytest.mark.parametrize("ends", [unit_graded, lambda store, claim, _: store.jobs.record_failure(claim, "no jail", 1)])
def test_a_unit_that_ends_just_before_its_regrade_is_cancelled_is_not_graded_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, ends: object
) -> None:
    assert callable(ends)
    grade_submission(store, "ada", "a", 8)
    grade_submission(store, "ben", "b", 8)
    name = select_units(store)
    claim = store.jobs.claim(waiting_units(store)[0])
    assert claim is not None
    interleave(monkeypatch, lambda: ends(store, claim, result(10)))
    regrade = store.regrades.cancel(name)
    assert (regrade.progress.done + regrade.progress.failed, regrade.progress.total) == (1, 2)
    assert waiting_units(store) == []


def test_a_chunk_that_is_applied_just_before_the_rollback_is_rolled_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    claim = claim_step(store, name)
    interleave(monkeypatch, lambda: one_chunk(store, claim))
    store.regrades.roll_back(name, "prof")
    finish_step(store, name)
    assert (now(store, name).counts.rolled_back, phase(store, name)) == (1, Phase.ROLLED_BACK)


def test_a_regrade_that_is_deleted_just_before_it_is_cancelled_does_not_come_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    interleave(monkeypatch, lambda: store.regrades.expire(2e10))
    with pytest.raises(LookupError):
        store.regrades.cancel(name, "prof")
    assert not list(store.redis.scan_iter(f"bm:*{name}*"))
    assert log(store) == []


@pytest.mark.parametrize("mode", [Mode.WHOLE, None])
def test_without_memory_nothing_is_applied_or_rolled_back_in_part(store: Store, mode: Mode | None) -> None:
    grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    if mode is None:
        apply_regrade(store, name)
    before = now(store, name)
    store.redis.config_set("maxmemory", 1)
    with pytest.raises(StoreUnavailable):
        store.regrades.roll_back(name, "prof") if mode is None else store.regrades.apply(name, mode, "prof")
    store.redis.config_set("maxmemory", 0)
    assert (now(store, name), log(store)) == (before, [])


def test_a_step_that_failed_is_cancelled_or_rolled_back_and_not_applied_again(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    name = request_regrade(store)
    claim = claim_step(store, name)
    store.jobs.record_failure(claim, "no jail", 1)
    assert store.regrades.cancel(name).stopped_in is Phase.PREPARING
    store.regrades.resume(name)
    finish_step(store, name)
    for unit in waiting_units(store):
        fail(store, unit)
    store.regrades.apply(name, Mode.WHOLE)
    store.jobs.record_failure(claim_step(store, name), "no jail", 1)
    with pytest.raises(WrongPhase, match="failed"):
        store.regrades.apply(name, Mode.WHOLE)
    assert store.regrades.roll_back(name).phase is Phase.ROLLING_BACK
