"""A regrade whose units are graded while submissions are still chosen: any order of events gives the same counts."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backmark.grader.model.records import Claim, Job, Kind, State
from backmark.grader.model.regrades import Change, Phase
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.connection import text
from backmark.grader.store.errors import WrongPhase
from backmark.grader.store.regrades import selection
from backmark.grader.store.regrades.report import ReportRow
from backmark.grader.store.store import Store
from tests.store.making import end_lease
from tests.store.regrading import (
    claim_step,
    fail,
    finish_step,
    grade,
    grade_submission,
    now,
    one_chunk,
    phase,
    request_regrade,
    result,
    rows,
    unit_graded,
    waiting_units,
)

#: Submissions that are read at once.
CHUNK = 3


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_CHUNK", CHUNK)


def choose_first(store: Store, *sources: str) -> tuple[str, Claim]:
    """A regrade of submissions with these sources, oldest first, of which the newest chunk is chosen."""
    for number, source in enumerate(sources):
        grade_submission(store, f"student-{number}", source)
    name = request_regrade(store)
    claim = claim_step(store, name)
    assert one_chunk(store, claim)
    return name, claim


def test_the_first_units_are_graded_while_others_are_chosen(store: Store) -> None:
    name, claim = choose_first(store, "a", "b", "c", "d", "e")
    assert grade(store, {source: result(10) for source in "cde"}) == 3
    regrade = now(store, name)
    assert (regrade.phase, regrade.counts.up, regrade.counts.sources) == (Phase.PREPARING, 3, 3)
    assert (regrade.progress.total, regrade.progress.done, regrade.eta_seconds) == (None, 3, None)
    assert not one_chunk(store, claim)
    regrade = now(store, name)
    assert (regrade.phase, regrade.progress.total, regrade.progress.done) == (Phase.PREVIEWING, 5, 3)
    assert grade(store, {"a": result(10), "b": result(10)}) == 2
    assert phase(store, name) is Phase.PREVIEWED


def test_a_regrade_is_previewed_at_once_if_all_is_graded_when_the_choice_ends(store: Store) -> None:
    name, claim = choose_first(store, "a", "a", "a", "a")
    grade(store, {"a": result(10)})
    assert not one_chunk(store, claim)
    assert (phase(store, name), now(store, name).counts.up) == (Phase.PREVIEWED, 4)


def test_a_submission_that_is_chosen_after_its_source_was_graded_counts_by_its_own_verdict(store: Store) -> None:
    """Of other marks than those before, to which nobody has compared the verdict."""
    grade_submission(store, "old", "a", 10)
    name, claim = choose_first(store, "a", "a", "a")
    grade(store, {"a": result(9, failing_rows=("any_shape",))})
    assert not one_chunk(store, claim)
    counts = now(store, name).counts
    assert (counts.up, counts.down, counts.newly_failing) == (3, 1, {"any_shape": 4})


def test_a_submission_that_is_chosen_while_its_source_is_graded_counts_by_its_own_verdict(store: Store) -> None:
    grade_submission(store, "old", "a", 10)
    name, claim = choose_first(store, "a", "a", "a")
    (unit,) = waiting_units(store)
    unit_claim = store.jobs.claim(unit)
    assert unit_claim is not None
    assert not one_chunk(store, claim)
    assert unit_graded(store, unit_claim, result(9))
    counts = now(store, name).counts
    assert (counts.up, counts.down) == (3, 1)


def test_a_submission_that_is_chosen_after_its_source_could_not_be_graded_counts_so(store: Store) -> None:
    name, claim = choose_first(store, "a", "a", "a", "a")
    (unit,) = waiting_units(store)
    fail(store, unit)
    assert not one_chunk(store, claim)
    assert now(store, name).counts.could_not_be_graded == 4
    _, nudges = store.regrades.resume(name)
    assert (nudges, waiting_units(store)) == (1, [unit])
    grade(store, {"a": result(10)})
    counts = now(store, name).counts
    assert (counts.could_not_be_graded, counts.up, phase(store, name)) == (0, 4, Phase.PREVIEWED)


def test_what_could_not_be_graded_is_retried_while_others_are_chosen(store: Store) -> None:
    name, claim = choose_first(store, "a", "b", "c", "d")
    (first, *_) = waiting_units(store)
    fail(store, first)
    regrade, nudges = store.regrades.resume(name)
    assert (regrade.phase, regrade.progress.failed, nudges) == (Phase.PREPARING, 0, 1)
    assert first in waiting_units(store)
    # Whoever chooses goes on undisturbed.
    assert not one_chunk(store, claim)


def test_a_cancelled_choice_stops_what_is_graded_and_both_go_on_when_resumed(store: Store) -> None:
    name, claim = choose_first(store, "a", "b", "c", "d")
    unit_claim = store.jobs.claim(waiting_units(store)[0])
    assert unit_claim is not None
    store.regrades.cancel(name)
    assert store.regrade_steps.choose(claim) is None
    assert not unit_graded(store, unit_claim, result(10))
    assert waiting_units(store) == []
    regrade, nudges = store.regrades.resume(name)
    assert regrade.phase is Phase.PREPARING
    assert (nudges, len(waiting_units(store))) == (4, 3)
    finish_step(store, name)
    assert grade(store, {source: result(10) for source in "abcd"}) == 4
    assert (phase(store, name), now(store, name).counts.up) == (Phase.PREVIEWED, 4)


def test_a_source_that_is_chosen_again_after_its_deletion_is_not_in_the_hands_of_its_last_grader(store: Store) -> None:
    name, claim = choose_first(store, "a", "x", "y", "a")
    (unit,) = (unit for unit in waiting_units(store) if unit_source(store, unit) == "a")
    late_claim = store.jobs.claim(unit)
    assert late_claim is not None
    (newest,) = (submission for submission, row in rows(store, name).items() if row.entry.unit == unit.id)
    store.submissions.delete(newest)
    assert not one_chunk(store, claim)
    second_claim = store.jobs.claim(unit)
    assert second_claim is not None
    assert second_claim.fence > late_claim.fence
    assert not store.jobs.beat(late_claim)
    assert not unit_graded(store, late_claim, result(0))
    assert unit_graded(store, second_claim, result(10))
    assert (now(store, name).counts.up, now(store, name).counts.sources) == (1, 3)


def test_a_unit_that_fails_after_its_regrade_was_cancelled_is_no_longer_the_worker_s(store: Store) -> None:
    name, _ = choose_first(store, "a", "b", "c", "d")
    unit_claim = store.jobs.claim(waiting_units(store)[0])
    assert unit_claim is not None
    store.regrades.cancel(name)
    assert store.jobs.record_failure(unit_claim, "no jail") is State.CANCELLED


def unit_source(store: Store, unit: Job) -> str:
    """The source of a unit."""
    unit_record = store.regrades.units.get(unit.id)
    assert unit_record is not None
    assert unit_record.source is not None
    return unit_record.source.decode()


def test_a_step_gives_others_a_turn_and_keeps_its_place(store: Store) -> None:
    name, claim = choose_first(store, "a", "b", "c", "d", "e", "f", "g")
    chunk = store.regrade_steps.choose(claim, last_of_turn=True)
    assert chunk is not None
    assert chunk.more
    assert not store.jobs.beat(claim)
    # An answer that was lost: the turn is over.
    assert store.regrade_steps.choose(claim, last_of_turn=True) is None
    finish_step(store, name)
    assert now(store, name).counts.submissions == 7


def test_a_regrade_that_rests_while_units_wait_is_not_deleted(store: Store) -> None:
    name, _ = choose_first(store, "a", "b", "c", "d")
    fail(store, Job(Kind.REGRADE, name))
    store.redis.zadd("bm:regrades-touched", {name: 0})
    store.redis.hset(f"bm:regrade:{name}", "state", "service_failed")
    assert store.regrades.expire(1.0) == (0, False)


def claim_unit(store: Store) -> Claim | None:
    """Claim the first unit that waits, whatever waits before it."""
    return next((store.jobs.claim(unit) for unit in waiting_units(store)), None)


SCORES = st.sampled_from([2, 8, 10])


class Streaming(RuleBasedStateMachine):
    """A regrade of ten submissions with four sources, whose choosers and graders are late, killed or overtaken."""

    choosers = Bundle("choosers")
    graders = Bundle("graders")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        store.redis.flushall()
        self.names: list[str] = []
        self.deleted = 0
        #: The scores that units were given, to compare with.
        self.given: dict[str, int] = {}

    @initialize(sources_and_scores=st.lists(st.tuples(st.sampled_from("abcd"), SCORES), min_size=1, max_size=10))
    def request(self, sources_and_scores: list[tuple[str, int]]) -> None:
        """Request the regrade."""
        self.names = [
            grade_submission(self.store, f"s{at}", source, score)
            for at, (source, score) in enumerate(sources_and_scores)
        ]
        self.name = request_regrade(self.store)

    @rule(target=choosers)
    def claim_step(self) -> MultipleResults[Claim]:
        """A worker gets the message of the step."""
        claim = self.store.jobs.claim(Job(Kind.REGRADE, self.name))
        return multiple() if claim is None else multiple(claim)

    @rule(claim=choosers, last_of_turn=st.booleans())
    def choose(self, claim: Claim, *, last_of_turn: bool) -> None:
        """A chunk, perhaps of a worker that has lost its claim, or once more."""
        self.store.regrade_steps.choose(claim, last_of_turn=last_of_turn)

    @rule()
    def take_a_turn(self) -> None:
        """A worker that lives chooses a chunk."""
        claim = self.store.jobs.claim(Job(Kind.REGRADE, self.name))
        if claim is not None:
            assert self.store.regrade_steps.choose(claim, last_of_turn=True) is not None

    @rule(claim=choosers)
    def kill_chooser(self, claim: Claim) -> None:
        """A worker dies while it chooses."""
        if self.store.jobs.beat(claim):
            end_lease(self.store, claim)
            self.store.jobs.requeue_lost()

    @rule(target=graders)
    def claim_unit(self) -> MultipleResults[Claim]:
        """A worker is given a unit."""
        claim = claim_unit(self.store)
        return multiple() if claim is None else multiple(claim)

    @rule(claim=graders, score=SCORES)
    def record(self, claim: Claim, score: int) -> None:
        """A worker has a verdict, perhaps too late, perhaps for the second time."""
        is_held = self.store.jobs.beat(claim)
        is_recorded = unit_graded(self.store, claim, self._verdict(score))
        assert is_recorded or not is_held
        if is_held:
            self.given[claim.job.id] = score

    @rule(score=SCORES)
    def grade(self, score: int) -> None:
        """A worker that lives grades a unit."""
        claim = claim_unit(self.store)
        if claim is not None:
            assert unit_graded(self.store, claim, self._verdict(score))
            self.given[claim.job.id] = score

    def _verdict(self, score: int) -> Verdict:
        return result(score, failing_rows=("any_shape",) if score < 10 else ())

    @rule(claim=graders)
    def fail_unit(self, claim: Claim) -> None:
        """A worker cannot grade it, and nobody else can."""
        self.store.jobs.record_failure(claim, "no jail", 1)

    @rule(claim=graders)
    def kill_grader(self, claim: Claim) -> None:
        """A worker dies while it grades."""
        if self.store.jobs.beat(claim):
            end_lease(self.store, claim)
            self.store.jobs.requeue_lost()

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """A submission goes, whether it is chosen already or not."""
        name = data.draw(st.sampled_from(self.names))
        self.names.remove(name)
        self.deleted += name in rows(self.store, self.name)
        self.store.submissions.delete(name)

    @rule()
    def cancel(self) -> None:
        """Staff stop it."""
        self._act(self.store.regrades.cancel)

    @rule()
    def resume(self) -> None:
        """Staff let it go on, and what could not be graded be tried again."""
        self._act(self.store.regrades.resume)

    def _act(self, action: Callable[[str], object]) -> None:
        try:
            action(self.name)
        except WrongPhase:
            assert phase(self.store, self.name) is Phase.PREVIEWED

    @invariant()
    def counts_are_those_of_the_report(self) -> None:
        """What is shown as sums is what the rows add up to, at every moment."""
        regrade, report = now(self.store, self.name), list(rows(self.store, self.name).values())
        counts, progress = regrade.counts, regrade.progress
        changes = Counter(row.change for row in report)
        assert (counts.submissions, counts.skipped_because.deleted) == (len(report), self.deleted)
        assert (counts.up, counts.down, counts.same) == tuple(changes[change] for change in Change)
        assert counts.newly_failing == _count(report, "newly_failing")
        assert counts.newly_passing == _count(report, "newly_passing")
        assert counts.could_not_be_graded == sum(row.failure is not None for row in report)
        units = {row.entry.unit: row for row in report}
        assert counts.sources == len(units)
        assert progress.done == sum(row.after is not None for row in units.values())
        assert progress.failed == sum(row.failure is not None for row in units.values())
        assert {unit: row.after.score for unit, row in units.items() if row.after is not None} == {
            unit: score for unit, score in self.given.items() if unit in units and units[unit].after is not None
        }

    @invariant()
    def the_total_is_unknown_while_more_may_be_chosen(self) -> None:
        """A total is only claimed once it is final."""
        regrade = now(self.store, self.name)
        is_selecting = Phase.PREPARING in {regrade.phase, regrade.stopped_in}
        assert (regrade.progress.total is None) == is_selecting
        assert is_selecting or set(rows(self.store, self.name)) == set(self.names)

    @invariant()
    def a_unit_waits_or_runs_once(self) -> None:
        """The queue, the leases, and what the regrade has let into them."""
        open_units = {text(name) for name in self.store.redis.smembers(f"bm:regrade-open:{self.name}")}
        states = {name: self.store.redis.hget(f"bm:unit:{name}", "state") for name in open_units}
        assert set(states.values()) <= {b"queued", b"running"}
        assert {job.id for job in waiting_units(self.store)} == {n for n, state in states.items() if state == b"queued"}

    def teardown(self) -> None:
        """However it went, it comes to its end, with everything that is left counted."""
        if not hasattr(self, "name"):
            return
        for _ in range(5):
            regrade = now(self.store, self.name)
            if regrade.phase is Phase.PREVIEWED and not regrade.progress.failed:
                break
            self._bring_on()
        assert phase(self.store, self.name) is Phase.PREVIEWED
        assert set(rows(self.store, self.name)) == set(self.names)
        assert all(row.after is not None for row in rows(self.store, self.name).values())
        self.counts_are_those_of_the_report()

    def _bring_on(self) -> None:
        self._act(self.store.regrades.resume)
        leases: Any = self.store.redis.zrange(keys.LEASES, 0, -1)
        for lease in leases:
            self.store.redis.zadd(keys.LEASES, {lease: 1})
        self.store.jobs.requeue_lost()
        claim = self.store.jobs.claim(Job(Kind.REGRADE, self.name))
        while claim is not None and (chunk := self.store.regrade_steps.choose(claim)) and chunk.more:
            pass
        while (claim := claim_unit(self.store)) is not None:
            assert unit_graded(self.store, claim, self._verdict(8))
            self.given[claim.job.id] = 8


def _count(report: list[ReportRow], field: str) -> dict[str, int]:
    return dict(Counter(name for row in report for name in getattr(row, field)))


def test_the_counts_add_up_whatever_the_order_of_choosing_grading_deleting_and_dying(store: Store) -> None:
    class OnStore(Streaming):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(OnStore, settings=settings(stateful_step_count=40))
