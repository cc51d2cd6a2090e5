"""Any history of submissions and their jobs, against a model of a page: Hypothesis looks for one that differs."""

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from grader.model.records import Claim, Queue, State
from grader.store import keys
from grader.store.connection import text
from grader.store.store import Store
from tests.store.making import OUTBOX, end_lease, job, new, remains, replace_verdict, restore_verdict, verdict

STUDENTS = st.sampled_from(["ada", "bob", "eve"])
ASSIGNMENTS = st.sampled_from(["udl-7.2", "mine"])
SOURCES = st.sampled_from([b"one", b"two"])
KEYS = st.sampled_from([None, "k1", "k2"])
OUTCOMES = st.sampled_from(["passed", "failed", "timeout"])


@dataclass
class Modelled:
    """The expected state of a submission."""

    student: str
    assignment: str
    source: bytes
    place: int
    state: State = State.QUEUED
    fence: int = 0
    tries: int = 0
    concluded: int | None = None
    #: Outcomes of its verdicts, oldest first, and which holds.
    outcomes: list[str] = field(default_factory=list)
    holds: int | None = None
    #: Whether it had ended as service_failed before a regrade gave it a verdict.
    failed_before: bool = False

    def held(self, claim: Claim) -> bool:
        """Return True if the claim may conclude the submission."""
        return self.state is State.RUNNING and self.fence == claim.fence

    def end(self, state: State) -> None:
        """Once, and for good."""
        assert not self.state.terminal
        self.state, self.concluded = state, self.fence


class History(RuleBasedStateMachine):
    """Three students, two assignments, two sources, and workers that are late, killed or overtaken."""

    names = Bundle("names")
    claims = Bundle("claims")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.there: dict[str, Modelled] = {}
        self.ends: list[tuple[str, str]] = []
        self.keys: dict[str, str] = {}
        self.places = 0
        #: Students whose last verdict was a timeout.
        self.slow: set[str] = set()
        store.redis.flushall()

    def _ended(self, name: str, state: State) -> None:
        self.there[name].end(state)
        self.ends.append((f"submission.{state}", name))

    def _last(self) -> int:
        self.places += 1
        return self.places

    @rule(target=names, student=STUDENTS, assignment=ASSIGNMENTS, source=SOURCES, key=KEYS)
    def accept(self, student: str, assignment: str, source: bytes, key: str | None) -> str:
        """Handed in, perhaps with a key that was used before."""
        given = new(student, source, assignment=assignment, key=key)
        known = self.keys.get(key) if key else None
        name = self.store.submissions.accept(given)
        assert name.replayed == (known in self.there)
        if name.replayed:
            assert name.id == known
            return name.id
        for other, modelled in self.there.items():
            same = (modelled.student, modelled.assignment) == (student, assignment)
            if same and modelled.state is State.QUEUED:
                self._ended(other, State.SUPERSEDED)
        self.there[name.id] = Modelled(student, assignment, source, self._last())
        if key:
            self.keys[key] = name.id
        return name.id

    @rule(target=claims, name=names)
    def claim(self, name: str) -> Claim:
        """A worker claims this one, perhaps too late."""
        modelled = self.there.get(name)
        claim = self.store.jobs.claim(job(name))
        assert (claim is not None) == (modelled is not None and modelled.state is State.QUEUED)
        if claim is None or modelled is None:
            # As one who was never given it would claim.
            return Claim(job(name), 1_000)
        self._taken(claim)
        return claim

    @rule(target=claims)
    def claim_next(self) -> MultipleResults[Claim]:
        """A worker gets a message: it is given something as long as anything waits, and in the right order."""
        queued = {name: m for name, m in self.there.items() if m.state is State.QUEUED}
        running = {m.student for m in self.there.values() if m.state is State.RUNNING}
        turn = min(queued, key=lambda name: self._turn(queued[name], running), default=None)
        claim = self.store.jobs.claim_next()
        assert (claim and claim.job.id) == turn
        if claim is None:
            return multiple()
        self._taken(claim)
        return multiple(claim)

    def _turn(self, modelled: Modelled, running: set[str]) -> tuple[bool, bool, int]:
        shares = modelled.student in self.slow and bool(self.slow & running)
        return shares, modelled.student in running, modelled.place

    def _taken(self, claim: Claim) -> None:
        modelled = self.there[claim.job.id]
        modelled.state, modelled.fence, modelled.tries = State.RUNNING, modelled.fence + 1, modelled.tries + 1
        assert claim.fence == modelled.fence

    @rule(claim=claims)
    def beat(self, claim: Claim) -> None:
        """A worker lives."""
        modelled = self.there.get(claim.job.id)
        assert self.store.jobs.beat(claim) == (modelled is not None and modelled.held(claim))

    @rule(claim=claims, outcome=OUTCOMES)
    def finish(self, claim: Claim, outcome: str) -> None:
        """A worker has a verdict, perhaps too late, perhaps for the second time."""
        modelled = self.there.get(claim.job.id)
        said = self.store.submissions.finish(claim, verdict(outcome))
        if modelled is None:
            assert not said
        elif modelled.held(claim):
            assert said
            modelled.outcomes.append(outcome)
            modelled.holds = len(modelled.outcomes)
            self.slow = self.slow | {modelled.student} if outcome == "timeout" else self.slow - {modelled.student}
            self._ended(claim.job.id, State.DONE)
        else:
            assert said == (modelled.state is State.DONE and modelled.concluded == claim.fence)

    @rule(claim=claims)
    def hand_back(self, claim: Claim) -> None:
        """A worker stops."""
        modelled = self.there.get(claim.job.id)
        said = self.store.jobs.hand_back(claim)
        if modelled is None:
            assert not said
        elif modelled.held(claim):
            assert said
            modelled.state, modelled.tries = State.QUEUED, modelled.tries - 1
        else:
            assert said == (modelled.state is State.QUEUED and modelled.fence == claim.fence)

    @rule(claim=claims)
    def fail(self, claim: Claim) -> None:
        """A worker cannot do its work."""
        modelled = self.there.get(claim.job.id)
        said = self.store.jobs.record_failure(claim, "broken")
        if modelled is not None and modelled.held(claim):
            self._try_again(claim.job.id, modelled)
        assert said is (State.CANCELLED if modelled is None else modelled.state)

    @rule(claim=claims)
    def lose(self, claim: Claim) -> None:
        """A worker dies."""
        modelled = self.there.get(claim.job.id)
        if modelled is None or not modelled.held(claim):
            return
        end_lease(self.store, claim)
        again = self.store.jobs.requeue_lost()
        self._try_again(claim.job.id, modelled)
        assert again == ([claim.job] if modelled.state is State.QUEUED else [])

    @rule(name=names)
    def break_down(self, name: str) -> None:
        """Every try of one that waits fails."""
        modelled = self.there.get(name)
        while modelled is not None and modelled.state is State.QUEUED:
            claim = self.store.jobs.claim(job(name))
            assert claim is not None
            self._taken(claim)
            self.store.jobs.record_failure(claim, "broken")
            self._try_again(name, modelled)

    def _try_again(self, name: str, modelled: Modelled) -> None:
        if modelled.tries < self.store.settings.tries:
            modelled.state = State.QUEUED
        else:
            self._ended(name, State.SERVICE_FAILED)

    @rule(name=names)
    def retry(self, name: str) -> None:
        """Staff let it be graded again: only if that was our failure, and once however often they ask."""
        modelled = self.there.get(name)
        said = self.store.submissions.retry(name)
        assert said == (modelled is not None and modelled.state is State.SERVICE_FAILED)
        if modelled is not None and said:
            modelled.state, modelled.tries, modelled.concluded = State.QUEUED, 0, None
            modelled.place = self._last()

    @rule(name=names)
    def cancel(self, name: str) -> None:
        """Cancelled, whatever its state."""
        found = self.store.submissions.cancel(name)
        if name in self.there and not self.there[name].state.terminal:
            self._ended(name, State.CANCELLED)
        assert (found and found.state) == (self.there[name].state if name in self.there else None)

    @rule(name=names)
    def delete(self, name: str) -> None:
        """Deleted, whatever its state."""
        assert self.store.submissions.delete(name) == (self.there.pop(name, None) is not None)
        self._forget_students()

    @rule(student=STUDENTS)
    def delete_student(self, student: str) -> None:
        """Deleted with all that is theirs."""
        gone = [name for name, modelled in self.there.items() if modelled.student == student]
        assert self.store.submissions.delete_student("cs101", student) == len(gone)
        for name in gone:
            del self.there[name]
        self._forget_students()

    def _forget_students(self) -> None:
        self.slow &= {modelled.student for modelled in self.there.values()}

    @rule(name=names, expected=st.integers(0, 3), outcome=OUTCOMES)
    def regrade(self, name: str, expected: int, outcome: str) -> None:
        """A regrade applies what it expected to replace."""
        modelled = self.there.get(name)
        number = replace_verdict(self.store, name, expected, verdict(outcome), "regrade")
        if modelled is not None and expected == 0 and modelled.state is State.SERVICE_FAILED:
            modelled.outcomes.append(outcome)
            modelled.holds, modelled.failed_before = len(modelled.outcomes), True
            modelled.state, modelled.concluded = State.DONE, None
            self.ends.append(("submission.done", name))
        elif modelled is None or modelled.holds != expected:
            assert number is None
            return
        else:
            modelled.outcomes.append(outcome)
            self._hold(name, modelled, len(modelled.outcomes))
        assert number == modelled.holds

    @rule(name=names, expected=st.integers(1, 3), to=st.integers(0, 3))
    def roll_back(self, name: str, expected: int, to: int) -> None:
        """A regrade is rolled back."""
        modelled = self.there.get(name)
        said = restore_verdict(self.store, name, expected, to)
        may = modelled is not None and modelled.holds == expected and to <= len(modelled.outcomes)
        may = may and (to > 0 or (modelled is not None and modelled.failed_before))
        assert said == may
        if modelled is not None and may and to:
            self._hold(name, modelled, to)
        elif modelled is not None and may:
            modelled.holds, modelled.failed_before, modelled.state = None, False, State.SERVICE_FAILED
            self.ends.append(("submission.service_failed", name))

    def _hold(self, name: str, modelled: Modelled, number: int) -> None:
        if modelled.outcomes[number - 1] != modelled.outcomes[(modelled.holds or 0) - 1]:
            self.ends.append(("submission.regraded", name))
        modelled.holds = number

    @invariant()
    def submissions_are_as_modelled(self) -> None:
        """State, tries, and the verdict that holds."""
        for name, modelled in self.there.items():
            found = self.store.submissions.get(name)
            assert found is not None
            assert (found.state, found.tries, found.verdict) == (modelled.state, modelled.tries, modelled.holds)
            assert found.outcome == (modelled.outcomes[modelled.holds - 1] if modelled.holds else None)
            assert (found.state is State.DONE) == (found.verdict is not None)

    @invariant()
    def lists_of_states_and_outcomes_are_those_of_the_submissions(self) -> None:
        """Each is in those of its own, and in no other."""
        expected = set()
        for name, modelled in self.there.items():
            lists = [("state", modelled.state), ("state", modelled.state, modelled.assignment)]
            if modelled.holds:
                outcome = modelled.outcomes[modelled.holds - 1]
                lists += [("outcome", outcome), ("outcome", outcome, modelled.assignment)]
            expected |= {(keys.key("index", "cs101", *parts), name) for parts in lists}
        stored = set()
        for pattern in ("state", "outcome"):
            for key in self.store.redis.scan_iter(f"bm:index:cs101:{pattern}:*"):
                names: Any = self.store.redis.zrange(key, 0, -1)
                stored |= {(text(key), text(name)) for name in names}
        assert stored == expected
        assert self.store.submissions.relist() == 0

    @invariant()
    def verdicts_are_those_that_were_given(self) -> None:
        """None is lost, none is written twice."""
        given = {
            (keys.key("verdict", name, str(at)), outcome)
            for name, modelled in self.there.items()
            for at, outcome in enumerate(modelled.outcomes, 1)
        }
        stored = [key.decode() for key in self.store.redis.scan_iter("bm:verdict:*")]
        parts = [key.split(":") for key in stored]
        read = [self.store.submissions.verdict(name, int(number)) for _, _, name, number in parts]
        assert {(key, found.outcome) for key, found in zip(stored, read, strict=True) if found} == given
        assert len(stored) == len(given)

    @invariant()
    def what_waits_is_what_is_queued_in_order(self) -> None:
        """The queue."""
        queued = sorted((m.place, name) for name, m in self.there.items() if m.state is State.QUEUED)
        waiting = self.store.redis.zrange(keys.key("waiting", Queue.INTERACTIVE), 0, -1)
        assert waiting == [f"submission:{name}".encode() for _, name in queued]

    @invariant()
    def what_has_a_lease_is_what_runs(self) -> None:
        """The leases."""
        running = {f"submission:{name}".encode() for name, m in self.there.items() if m.state is State.RUNNING}
        assert set(self.store.redis.zrange(keys.LEASES, 0, -1)) == running

    @invariant()
    def sources_have_users(self) -> None:
        """A source is there as long as a submission with it."""
        for source in (b"one", b"two"):
            users = [name for name, modelled in self.there.items() if modelled.source == source]
            for name in users:
                assert self.store.submissions.source(name) == source
        assert len(list(self.store.redis.scan_iter("bm:source:*"))) == len({m.source for m in self.there.values()})
        shared = [self.store.redis.smembers(key) for key in self.store.redis.scan_iter("bm:source-users:*")]
        assert sorted(name for users in shared for name in users) == sorted(name.encode() for name in self.there)

    @invariant()
    def pending_are_those_that_have_not_ended(self) -> None:
        """Return the fields that a resubmission depends on."""
        sets = [self.store.redis.smembers(key) for key in self.store.redis.scan_iter("bm:pending:*")]
        going = [name.encode() for name, modelled in self.there.items() if not modelled.state.terminal]
        assert sorted(name for each in sets for name in each) == sorted(going)

    @invariant()
    def each_end_was_told_once(self) -> None:
        """One terminal state, however often it is asked for."""
        told = [json.loads(each) for each in self.store.redis.lrange(OUTBOX, 0, -1)]
        assert [(each["event"], each["submission"]) for each in told] == self.ends

    def teardown(self) -> None:
        """Nothing is left of what is deleted."""
        for name in list(self.there):
            self.store.submissions.delete(name)
        assert remains(self.store) == set()


def test_every_history_is_the_model_s(store: Store) -> None:
    class OnStore(History):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(OnStore, settings=settings(max_examples=50, stateful_step_count=30))
