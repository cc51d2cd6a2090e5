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

from backmark.grader.model.records import Claim, Queue, State, is_attempt
from backmark.grader.store import keys
from backmark.grader.store.connection import text
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from tests.store.making import OUTBOX, end_lease, job, list_remains, new, replace_verdict, restore_verdict, verdict

STUDENTS = st.sampled_from(["ada", "bob", "eve"])
ASSIGNMENTS = st.sampled_from(["udl-7.2", "mine"])
SOURCES = st.sampled_from([b"one", b"two"])
KEYS = st.sampled_from([None, "k1", "k2"])
OUTCOMES = st.sampled_from(["passed", "failed", "timeout", "rejected"])


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

    @property
    def refused(self) -> bool:
        """True if the verdict that holds is a refusal."""
        return bool(self.holds) and self.outcomes[(self.holds or 0) - 1] == "rejected"

    def may_conclude(self, claim: Claim) -> bool:
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
        #: Students, with the assignment, of whom a submission was deleted: what is left keeps its number.
        self.with_gaps: set[tuple[str, str]] = set()
        #: Students whose last verdict was a timeout.
        self.slow: set[str] = set()
        store.redis.flushall()

    def _end_submission(self, name: str, state: State) -> None:
        self.there[name].end(state)
        self.ends.append((f"submission.{state}", name))

    def _last(self) -> int:
        self.places += 1
        return self.places

    @rule(target=names, student=STUDENTS, assignment=ASSIGNMENTS, source=SOURCES, key=KEYS)
    def accept(self, student: str, assignment: str, source: bytes, key: str | None) -> str:
        """Handed in, perhaps with a key that was used before."""
        submission = new(student, source, assignment=assignment, key=key)
        known_name = self.keys.get(key) if key else None
        name = self.store.submissions.accept(submission)
        assert name.replayed == (known_name in self.there)
        if name.replayed:
            assert name.id == known_name
            return name.id
        for other_name, model in self.there.items():
            is_same = (model.student, model.assignment) == (student, assignment)
            if is_same and model.state is State.QUEUED:
                self._end_submission(other_name, State.SUPERSEDED)
        self.there[name.id] = Modelled(student, assignment, source, self._last())
        if key:
            self.keys[key] = name.id
        return name.id

    @rule(target=claims, name=names)
    def claim(self, name: str) -> Claim:
        """A worker claims this one, perhaps too late."""
        model = self.there.get(name)
        claim = self.store.jobs.claim(job(name))
        assert (claim is not None) == (model is not None and model.state is State.QUEUED)
        if claim is None or model is None:
            # As one who was never given it would claim.
            return Claim(job(name), 1_000)
        self._take_job(claim)
        return claim

    @rule(target=claims)
    def claim_next(self) -> MultipleResults[Claim]:
        """A worker gets a message: it is given something as long as anything waits, and in the right order."""
        models_queued = {name: m for name, m in self.there.items() if m.state is State.QUEUED}
        running_students = {m.student for m in self.there.values() if m.state is State.RUNNING}
        name_of_turn = min(
            models_queued, key=lambda name: self._turn(models_queued[name], running_students), default=None
        )
        claim = self.store.jobs.claim_next()
        assert (claim and claim.job.id) == name_of_turn
        if claim is None:
            return multiple()
        self._take_job(claim)
        return multiple(claim)

    def _turn(self, model: Modelled, running_students: set[str]) -> tuple[bool, bool, int]:
        shares = model.student in self.slow and bool(self.slow & running_students)
        return shares, model.student in running_students, model.place

    def _take_job(self, claim: Claim) -> None:
        model = self.there[claim.job.id]
        model.state, model.fence, model.tries = State.RUNNING, model.fence + 1, model.tries + 1
        assert claim.fence == model.fence

    @rule(claim=claims)
    def beat(self, claim: Claim) -> None:
        """A worker lives."""
        model = self.there.get(claim.job.id)
        assert self.store.jobs.beat(claim) == (model is not None and model.may_conclude(claim))

    @rule(claim=claims, outcome=OUTCOMES)
    def finish(self, claim: Claim, outcome: str) -> None:
        """A worker has a verdict, perhaps too late, perhaps for the second time."""
        model = self.there.get(claim.job.id)
        answer = self.store.submissions.finish(claim, verdict(outcome))
        if model is None:
            assert not answer
        elif model.may_conclude(claim):
            assert answer
            model.outcomes.append(outcome)
            model.holds = len(model.outcomes)
            self.slow = self.slow | {model.student} if outcome == "timeout" else self.slow - {model.student}
            self._end_submission(claim.job.id, State.DONE)
        else:
            assert answer == (model.state is State.DONE and model.concluded == claim.fence)

    @rule(claim=claims)
    def hand_back(self, claim: Claim) -> None:
        """A worker stops."""
        model = self.there.get(claim.job.id)
        answer = self.store.jobs.hand_back(claim)
        if model is None:
            assert not answer
        elif model.may_conclude(claim):
            assert answer
            model.state, model.tries = State.QUEUED, model.tries - 1
        else:
            assert answer == (model.state is State.QUEUED and model.fence == claim.fence)

    @rule(claim=claims)
    def fail(self, claim: Claim) -> None:
        """A worker cannot do its work."""
        model = self.there.get(claim.job.id)
        answer = self.store.jobs.record_failure(claim, "broken")
        if model is not None and model.may_conclude(claim):
            self._try_again(claim.job.id, model)
        assert answer is (State.CANCELLED if model is None else model.state)

    @rule(claim=claims)
    def lose(self, claim: Claim) -> None:
        """A worker dies."""
        model = self.there.get(claim.job.id)
        if model is None or not model.may_conclude(claim):
            return
        end_lease(self.store, claim)
        requeued_jobs = self.store.jobs.requeue_lost()
        self._try_again(claim.job.id, model)
        assert requeued_jobs == ([claim.job] if model.state is State.QUEUED else [])

    @rule(name=names)
    def break_down(self, name: str) -> None:
        """Every try of one that waits fails."""
        model = self.there.get(name)
        while model is not None and model.state is State.QUEUED:
            claim = self.store.jobs.claim(job(name))
            assert claim is not None
            self._take_job(claim)
            self.store.jobs.record_failure(claim, "broken")
            self._try_again(name, model)

    def _try_again(self, name: str, model: Modelled) -> None:
        if model.tries < self.store.settings.tries:
            model.state = State.QUEUED
        else:
            self._end_submission(name, State.SERVICE_FAILED)

    @rule(name=names)
    def retry(self, name: str) -> None:
        """Staff let it be graded again: only if that was our failure, and once however often they ask."""
        model = self.there.get(name)
        answer = self.store.submissions.retry(name)
        assert answer == (model is not None and model.state is State.SERVICE_FAILED)
        if model is not None and answer:
            model.state, model.tries, model.concluded = State.QUEUED, 0, None
            model.place = self._last()

    @rule(name=names)
    def cancel(self, name: str) -> None:
        """Cancelled, whatever its state."""
        record = self.store.submissions.cancel(name)
        if name in self.there and not self.there[name].state.terminal:
            self._end_submission(name, State.CANCELLED)
        assert (record and record.state) == (self.there[name].state if name in self.there else None)

    @rule(name=names)
    def delete(self, name: str) -> None:
        """Deleted, whatever its state."""
        model = self.there.pop(name, None)
        assert self.store.submissions.delete(name) == (model is not None)
        if model is not None:
            self.with_gaps.add((model.student, model.assignment))
        self._forget_students()

    @rule(student=STUDENTS)
    def delete_student(self, student: str) -> None:
        """Deleted with all that is theirs."""
        names = [name for name, model in self.there.items() if model.student == student]
        assert self.store.submissions.delete_student("cs101", student) == len(names)
        for name in names:
            del self.there[name]
        self._forget_students()

    def _forget_students(self) -> None:
        self.slow &= {model.student for model in self.there.values()}

    @rule(name=names, expected=st.integers(0, 3), outcome=OUTCOMES)
    def regrade(self, name: str, expected: int, outcome: str) -> None:
        """A regrade applies what it expected to replace."""
        model = self.there.get(name)
        number = replace_verdict(self.store, name, expected, verdict(outcome), "regrade")
        if model is not None and expected == 0 and model.state is State.SERVICE_FAILED:
            model.outcomes.append(outcome)
            model.holds, model.failed_before = len(model.outcomes), True
            model.state, model.concluded = State.DONE, None
            self.ends.append(("submission.done", name))
        elif model is None or model.holds != expected:
            assert number is None
            return
        else:
            model.outcomes.append(outcome)
            self._hold(name, model, len(model.outcomes))
        assert number == model.holds

    @rule(name=names, expected=st.integers(1, 3), to=st.integers(0, 3))
    def roll_back(self, name: str, expected: int, to: int) -> None:
        """A regrade is rolled back."""
        model = self.there.get(name)
        answer = restore_verdict(self.store, name, expected, to)
        may = model is not None and model.holds == expected and to <= len(model.outcomes)
        may = may and (to > 0 or (model is not None and model.failed_before))
        assert answer == may
        if model is not None and may and to:
            self._hold(name, model, to)
        elif model is not None and may:
            model.holds, model.failed_before, model.state = None, False, State.SERVICE_FAILED
            self.ends.append(("submission.service_failed", name))

    def _hold(self, name: str, model: Modelled, number: int) -> None:
        if model.outcomes[number - 1] != model.outcomes[(model.holds or 0) - 1]:
            self.ends.append(("submission.regraded", name))
        model.holds = number

    @invariant()
    def submissions_are_as_modelled(self) -> None:
        """State, tries, and the verdict that holds."""
        for name, model in self.there.items():
            record = self.store.submissions.get(name)
            assert record is not None
            assert (record.state, record.tries, record.verdict) == (model.state, model.tries, model.holds)
            assert record.outcome == (model.outcomes[model.holds - 1] if model.holds else None)
            assert (record.state is State.DONE) == (record.verdict is not None)

    @invariant()
    def attempts_are_numbered_and_what_is_none_has_no_number(self) -> None:
        """By their time, from 1 and without a gap unless one was deleted; `attempts` lists the same."""
        numbers: dict[tuple[str, str], list[int]] = {}
        for record in self.store.submissions.list(Filter("cs101"), 1000).items[::-1]:
            assert (record.attempt is not None) == is_attempt(record.state, record.outcome)
            if record.attempt is not None:
                numbers.setdefault((record.student, record.assignment), []).append(record.attempt)
        for (student, assignment), own in numbers.items():
            assert own == sorted(set(own))
            assert (student, assignment) in self.with_gaps or own == [*range(1, len(own) + 1)]
            assert len(self.store.courses.attempts_of("cs101", assignment, student)) == len(own)

    @invariant()
    def lists_of_states_and_outcomes_are_those_of_the_submissions(self) -> None:
        """Each is in those of its own, and in no other."""
        expected = set()
        for name, model in self.there.items():
            lists = [("state", model.state), ("state", model.state, model.assignment)]
            if model.holds:
                outcome = model.outcomes[model.holds - 1]
                lists += [("outcome", outcome), ("outcome", outcome, model.assignment)]
            expected |= {(keys.key("index", "cs101", *parts), name) for parts in lists}
        stored_keys = set()
        for pattern in ("state", "outcome"):
            for key in self.store.redis.scan_iter(f"bm:index:cs101:{pattern}:*"):
                names: Any = self.store.redis.zrange(key, 0, -1)
                stored_keys |= {(text(key), text(name)) for name in names}
        assert stored_keys == expected

    @invariant()
    def verdicts_are_those_that_were_given(self) -> None:
        """None is lost, none is written twice."""
        outcomes_expected = {
            (keys.key("verdict", name, str(at)), outcome)
            for name, model in self.there.items()
            for at, outcome in enumerate(model.outcomes, 1)
        }
        stored_keys = [key.decode() for key in self.store.redis.scan_iter("bm:verdict:*")]
        parts = [key.split(":") for key in stored_keys]
        verdicts_read = [self.store.submissions.verdict(name, int(number)) for _, _, name, number in parts]
        assert {
            (key, verdict_read.outcome)
            for key, verdict_read in zip(stored_keys, verdicts_read, strict=True)
            if verdict_read
        } == outcomes_expected
        assert len(stored_keys) == len(outcomes_expected)

    @invariant()
    def what_waits_is_what_is_queued_in_order(self) -> None:
        """The queue."""
        queued_places = sorted((m.place, name) for name, m in self.there.items() if m.state is State.QUEUED)
        members = self.store.redis.zrange(keys.key("waiting", Queue.INTERACTIVE), 0, -1)
        assert members == [f"submission:{name}".encode() for _, name in queued_places]

    @invariant()
    def what_has_a_lease_is_what_runs(self) -> None:
        """The leases."""
        running_members = {f"submission:{name}".encode() for name, m in self.there.items() if m.state is State.RUNNING}
        assert set(self.store.redis.zrange(keys.LEASES, 0, -1)) == running_members

    @invariant()
    def sources_have_users(self) -> None:
        """A source is there as long as a submission with it; it expires if all of these were refused."""
        for name, model in self.there.items():
            assert self.store.submissions.source(name) == model.source
        lasting = {model.source for model in self.there.values() if not model.refused}
        times = [self.store.redis.ttl(key) for key in self.store.redis.scan_iter("bm:source:*")]
        assert len(times) == len({model.source for model in self.there.values()})
        assert times.count(-1) == len(lasting)
        for kind, refused in (("users", False), ("rejected", True)):
            sets = [self.store.redis.smembers(key) for key in self.store.redis.scan_iter(f"bm:source-{kind}:*")]
            names = [name.encode() for name, model in self.there.items() if model.refused == refused]
            assert sorted(name for members in sets for name in members) == sorted(names)

    @invariant()
    def pending_are_those_that_have_not_ended(self) -> None:
        """Return the fields that a resubmission depends on."""
        sets = [self.store.redis.smembers(key) for key in self.store.redis.scan_iter("bm:pending:*")]
        unfinished_names = [name.encode() for name, model in self.there.items() if not model.state.terminal]
        assert sorted(name for members in sets for name in members) == sorted(unfinished_names)

    @invariant()
    def each_end_was_told_once(self) -> None:
        """One terminal state, however often it is asked for."""
        events = [json.loads(line) for line in self.store.redis.lrange(OUTBOX, 0, -1)]
        assert [(event["event"], event["submission"]) for event in events] == self.ends

    def teardown(self) -> None:
        """Nothing is left of what is deleted."""
        for name in list(self.there):
            self.store.submissions.delete(name)
        assert list_remains(self.store) == set()


def test_every_history_is_the_model_s(store: Store) -> None:
    class OnStore(History):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(OnStore, settings=settings(stateful_step_count=30))
