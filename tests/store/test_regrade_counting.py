"""The counts of a regrade: added up in one pass, stored once nothing but a deletion changes them."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Kind
from backmark.grader.model.regrades import Mode, Phase
from backmark.grader.store import keys
from backmark.grader.store.regrades import store as regrades
from backmark.grader.store.regrades.counting import AlikeSubmissions, count, read_alike
from backmark.grader.store.regrades.report import Disposition, RegradeReport
from backmark.grader.store.store import Store
from backmark.grader.store.summary import VerdictSummary
from tests.store.regrading import (
    apply_regrade,
    finish_step,
    grade,
    grade_submission,
    now,
    phase,
    preview_regrade,
    result,
    roll_back,
    select_units,
    unit_graded,
    waiting_units,
)

ROWS = st.lists(st.sampled_from("abc"), unique=True).map(tuple)
SUMMARIES = st.builds(
    VerdictSummary, st.sampled_from(["passed", "failed", "rejected", ""]), st.integers(0, 10), st.just(10), ROWS, ROWS
)
ENDS = st.one_of(
    st.tuples(st.none(), st.none()), st.tuples(st.none(), st.just("no jail")), st.tuples(SUMMARIES, st.none())
)
GROUPS = st.lists(
    st.builds(
        lambda number, before, end, fate: AlikeSubmissions(number, before, end[0], end[1], fate),
        st.integers(1, 5),
        SUMMARIES,
        ENDS,
        st.none() | st.sampled_from(Disposition),
    )
)


@given(groups=GROUPS)
def test_every_submission_counts_once_by_its_marks_and_once_by_what_became_of_it(
    groups: list[AlikeSubmissions],
) -> None:
    counts, most = count(groups, 7, 2), sum(group.number for group in groups)
    ungraded = sum(group.number for group in groups if group.after is None and group.failure is None)
    assert counts.submissions == most
    assert counts.up + counts.down + counts.same + counts.could_not_be_graded + ungraded == most
    undecided = sum(group.number for group in groups if group.disposition is None)
    skipped = counts.skipped - counts.skipped_because.deleted
    assert counts.applied + skipped + counts.rolled_back + counts.left + undecided == most
    assert (counts.sources, counts.skipped_because.deleted) == (7, 2)


@given(groups=GROUPS, data=st.data())
def test_the_counts_are_the_same_however_submissions_are_grouped(
    groups: list[AlikeSubmissions], data: st.DataObject
) -> None:
    singles = [replace(group, number=1) for group in groups for _ in range(group.number)]
    assert count(data.draw(st.permutations(singles)), 7, 2) == count(groups, 7, 2)


@given(groups=GROUPS)
def test_rows_are_counted_that_fail_or_pass_now_and_did_not_before(groups: list[AlikeSubmissions]) -> None:
    failing: Counter[str] = Counter()
    passing: Counter[str] = Counter()
    for group in groups:
        if group.after is not None:
            was_failing = set(group.before.failing)
            fails_now = set(group.after.failing) - was_failing if group.before.outcome else set()
            failing.update(dict.fromkeys(fails_now, group.number))
            passing.update(dict.fromkeys(set(group.after.passing) & was_failing, group.number))
    counts = count(groups, 0, 0)
    assert (counts.newly_failing, counts.newly_passing) == (failing, passing)


def stored_counts(store: Store, name: str) -> Any:
    """The counts in the hash of a regrade, or None."""
    raw = store.redis.hget(keys.key(Kind.REGRADE, name), "counts")
    return None if raw is None else json.loads(raw)


def preview_of_three(store: Store) -> tuple[str, list[str]]:
    """A previewed regrade of three submissions, one up, one down, one as before, at which nobody has looked."""
    submissions = [grade_submission(store, student, student, 8) for student in ("up", "down", "same")]
    name = preview_regrade(store, {"up": 10, "down": 2, "same": 8})
    store.redis.hdel(keys.key(Kind.REGRADE, name), "counts")
    return name, submissions


def test_counts_are_added_up_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _ = preview_of_three(store)
    first = now(store, name)
    monkeypatch.setattr(regrades, "read_alike", lambda _: pytest.fail("the counts are added up again"))
    assert now(store, name) == store.regrades.list("cs101").items[0] == first
    assert (first.counts.up, first.counts.down, first.counts.same) == (1, 1, 1)


def test_while_it_runs_the_counts_are_those_of_the_moment(store: Store) -> None:
    for student in ("up", "down"):
        grade_submission(store, student, student, 8)
    name = select_units(store)
    claim = store.jobs.claim(waiting_units(store)[0])
    assert claim is not None
    assert unit_graded(store, claim, result(10))
    assert (now(store, name).counts.up, stored_counts(store, name)) == (1, None)
    grade(store, {"up": result(10), "down": result(10)})
    assert (now(store, name).counts.up, stored_counts(store, name)["up"]) == (2, 2)


def test_every_phase_has_its_own_counts(store: Store) -> None:
    name, _ = preview_of_three(store)
    assert now(store, name).counts.applied == 0
    store.regrades.apply(name, Mode.NEVER_LOWER)
    assert stored_counts(store, name) is None
    finish_step(store, name)
    counts = now(store, name).counts
    assert (counts.applied, counts.skipped_because.would_lower, stored_counts(store, name)["applied"]) == (2, 1, 2)
    assert roll_back(store, name).counts.rolled_back == stored_counts(store, name)["rolled_back"] == 2


def interrupt(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object], *, first: bool) -> None:
    """Let something happen once, before or after the submissions of a regrade are read for its counts."""

    def read_beside_it(report: RegradeReport) -> Iterable[AlikeSubmissions]:
        monkeypatch.setattr(regrades, "read_alike", read_alike)
        if first:
            happens()
        groups = read_alike(report)
        if not first:
            happens()
        return groups

    monkeypatch.setattr(regrades, "read_alike", read_beside_it)


@pytest.mark.parametrize("is_applied", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_submission_that_is_deleted_while_counts_are_added_up_is_in_none_at_the_next_look(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, is_applied: bool, first: bool
) -> None:
    name, submissions = preview_of_three(store)
    grade_submission(store, "other", "up", 8)
    if is_applied:
        apply_regrade(store, name)
        store.redis.hdel(keys.key(Kind.REGRADE, name), "counts")
    interrupt(monkeypatch, lambda: store.submissions.delete(submissions[0]), first=first)
    now(store, name)
    counts = now(store, name).counts
    assert (counts.submissions, counts.sources, counts.up, counts.down, counts.same) == (2, 2, 0, 1, 1)
    assert (counts.applied, counts.skipped_because.deleted) == ((2, 0) if is_applied else (0, 1))
    assert stored_counts(store, name)["submissions"] == 2


def test_counts_of_a_phase_that_is_over_are_not_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look began before the regrade was applied, and ends after it."""
    name, _ = preview_of_three(store)
    interrupt(monkeypatch, lambda: apply_regrade(store, name), first=False)
    now(store, name)
    assert (now(store, name).counts.applied, stored_counts(store, name)["applied"]) == (3, 3)


def test_a_deleted_regrade_does_not_come_back_by_its_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _ = preview_of_three(store)
    interrupt(monkeypatch, lambda: store.regrades.expire(time.time() + 60), first=False)
    now(store, name)
    assert not store.redis.exists(keys.key(Kind.REGRADE, name))


def test_a_look_that_ends_before_the_counts_are_stored_leaves_them_to_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise StoreUnavailable("killed")

    name, _ = preview_of_three(store)
    interrupt(monkeypatch, die, first=False)
    with pytest.raises(StoreUnavailable):
        now(store, name)
    assert (phase(store, name), now(store, name).counts.down) == (Phase.PREVIEWED, 1)


def test_where_no_memory_is_left_for_the_counts_they_are_shown_all_the_same(store: Store) -> None:
    name, _ = preview_of_three(store)
    store.redis.config_set("maxmemory", 1)
    try:
        assert now(store, name).counts.up == 1
    finally:
        store.redis.config_set("maxmemory", 0)
    assert stored_counts(store, name) is None


def test_counts_that_take_long_are_shown_for_a_while_until_the_phase_ends(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrades, "_QUICK", -1)
    monkeypatch.setattr(regrades, "_REST", 10**9)
    for student in ("up", "down"):
        grade_submission(store, student, student, 8)
    name = select_units(store)
    before = now(store, name)
    claim = store.jobs.claim(waiting_units(store)[0])
    assert claim is not None
    assert unit_graded(store, claim, result(10))
    after = now(store, name)
    assert after.counts == before.counts
    assert after.progress != before.progress
    grade(store, {"up": result(10), "down": result(10)})
    assert now(store, name).counts.up == 2
