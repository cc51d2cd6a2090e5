"""A process that goes on with what waits after a nudge: each job by a claim and an end of its own."""

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from backmark.grader.errors import JailFailed, StoreUnavailable
from backmark.grader.model.records import Claim, Job, Kind, Queue, State
from backmark.grader.model.regrades import Mode, Phase
from backmark.grader.store.functions import FollowingCall, FunctionCall
from backmark.grader.store.regrades import selection, worker_steps
from backmark.grader.store.regrades import store as regrades
from backmark.worker.service import regrading, tasks
from backmark.worker.service.context import Context
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.lease import Lease
from tests.service.conftest import Making, Sent
from tests.service.parts import Service, until
from tests.service.test_regrades import RIGHT, conclude_with, now, request_regrade, start_phase, wait_for_phase
from tests.store.making import accept, new, verdict
from tests.store.regrading import (
    apply_regrade,
    grade_submission,
    preview_regrade,
    result,
    select_units,
    waiting_units,
)
from tests.store.regrading import phase as phase_of
from tests.store.regrading import request_regrade as request_selection


class Work:
    """Work that ends a job at once, and remembers the claims."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.claims: list[Claim] = []
        self.patch = monkeypatch
        monkeypatch.setattr(tasks, "GOING_ON", 60.0)
        monkeypatch.setitem(tasks.WORK, Kind.SUBMISSION, self.submission)
        monkeypatch.setitem(tasks.WORK, Kind.UNIT, self.unit)

    def submission(self, context: Context, lease: Lease) -> Mapping[str, object]:
        """Pass a submission."""
        self.claims.append(lease.claim)
        finish = context.store.submissions.finish
        assert lease.conclude(lambda next_job: finish(lease.claim, verdict(), following=next_job))
        return {}

    def unit(self, context: Context, lease: Lease) -> Mapping[str, object]:
        """Give a unit eight marks."""
        self.claims.append(lease.claim)
        record = context.store.regrades.units.record_verdict
        assert lease.conclude(lambda next_job: record(lease.claim, result(8), following=next_job)) is not None
        return {}


class Unfit(Isolation):
    """A machine that can isolate until it has a fault."""

    def __init__(self) -> None:
        super().__init__(None)
        self.fault: str | None = None

    @property
    def reason(self) -> str | None:
        """The fault."""
        return self.fault


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def hand_in(context: Context, count: int) -> list[Job]:
    return [Job(Kind.SUBMISSION, accept(context.store, new(f"s{number}"))) for number in range(count)]


def make_units(context: Context, count: int) -> tuple[str, list[Job]]:
    """A regrade, and its units, in the queue."""
    for number in range(count):
        grade_submission(context.store, f"student-{number}", str(number))
    return select_units(context.store), waiting_units(context.store)


def count_nudges(context: Context) -> int:
    assert isinstance(context.dispatcher, Sent)
    return context.dispatcher.nudges


def test_one_nudge_leads_to_all_that_waits_and_to_no_other(context: Context, work: Work) -> None:
    jobs = hand_in(context, 5)
    tasks.perform(context)
    assert work.claims == [Claim(job, 1) for job in jobs]
    assert (context.store.jobs.running(), count_nudges(context)) == (0, 0)


def test_a_nudge_leads_to_one_job_and_another_nudge_where_there_is_no_time_for_more(
    context: Context, work: Work
) -> None:
    work.patch.setattr(tasks, "GOING_ON", 0.0)
    jobs = hand_in(context, 2)
    tasks.perform(context)
    assert (work.claims, count_nudges(context)) == ([Claim(jobs[0], 1)], 1)


def test_a_submission_goes_ahead_of_the_units_that_a_process_goes_on_with(context: Context, work: Work) -> None:
    regrade, units = make_units(context, 4)

    def unit(context: Context, lease: Lease) -> Mapping[str, object]:
        if len(work.claims) == 1:
            hand_in(context, 1)
        return work.unit(context, lease)

    work.patch.setitem(tasks.WORK, Kind.UNIT, unit)
    tasks.perform(context)
    kinds = [claim.job.kind for claim in work.claims]
    assert kinds == [Kind.UNIT, Kind.UNIT, Kind.SUBMISSION, Kind.UNIT, Kind.UNIT]
    assert [claim.job for claim in work.claims if claim.job.kind is Kind.UNIT] == units
    assert phase_of(context.store, regrade) is Phase.PREVIEWED


def request(context: Context, count: int) -> Job:
    """A regrade of distinct sources, of which none is selected yet."""
    for number in range(count):
        grade_submission(context.store, f"student-{number}", str(number))
    return Job(Kind.REGRADE, request_selection(context.store))


@pytest.mark.parametrize(
    ("seconds_of_units", "expected"),
    [(0.0, [(3, 0), (6, 1), *((7, done) for done in range(2, 7))]), (60.0, [(3, 0), (3, 1), (3, 2), (7, 3)])],
)
def test_a_process_by_itself_grades_units_between_turns_of_selecting(
    context: Context, work: Work, seconds_of_units: float, expected: list[tuple[int, int]]
) -> None:
    work.patch.setattr(selection, "_CHUNK", 3)
    work.patch.setattr(regrading, "TURN", 0.0)
    regrade, progress = request(context, 7), []
    choose = context.store.regrade_steps.choose

    def choose_first(*arguments: Any, **keywords: Any) -> Any:
        work.patch.setattr(regrading, "TURN", seconds_of_units)
        return choose(*arguments, **keywords)

    def unit(context: Context, lease: Lease) -> Mapping[str, object]:
        record = context.store.regrades.get(regrade.id)
        assert record is not None
        progress.append((record.counts.sources, record.progress.done))
        return work.unit(context, lease)

    work.patch.setattr(context.store.regrade_steps, "choose", choose_first)
    work.patch.setitem(tasks.WORK, Kind.UNIT, unit)
    for _ in range(3):
        tasks.perform(context)
    assert progress[: len(expected)] == expected
    assert phase_of(context.store, regrade.id) is Phase.PREVIEWED


def test_a_worker_s_turn_adds_up_no_counts(context: Context, work: Work) -> None:
    """It would take as long as the turn, every time."""
    regrade = request(context, 3)
    work.patch.setattr(regrades, "read_alike", lambda _: pytest.fail("the counts are added up"))
    for _ in range(2):
        tasks.perform(context)
    assert len(work.claims) == 3
    work.patch.undo()
    assert phase_of(context.store, regrade.id) is Phase.PREVIEWED


def test_after_a_turn_of_selecting_a_submission_goes_ahead_of_units(context: Context, work: Work) -> None:
    work.patch.setattr(selection, "_CHUNK", 3)
    work.patch.setattr(regrading, "TURN", 0.0)
    request(context, 3)
    choose = context.store.regrade_steps.choose

    def choose_and_hand_in(*arguments: Any, **keywords: Any) -> Any:
        hand_in(context, 1)
        return choose(*arguments, **keywords)

    work.patch.setattr(context.store.regrade_steps, "choose", choose_and_hand_in)
    tasks.perform(context)
    kinds = [claim.job.kind for claim in work.claims]
    assert (kinds[0], kinds.count(Kind.UNIT)) == (Kind.SUBMISSION, 3)


@pytest.mark.parametrize("mode", [Mode.WHOLE, None])
def test_applying_and_rolling_back_give_others_a_turn(
    context: Context, work: Work, monkeypatch: pytest.MonkeyPatch, mode: Mode | None
) -> None:
    monkeypatch.setattr(worker_steps, "_CHUNK", 2)
    store = context.store
    for number in range(5):
        grade_submission(store, f"student-{number}", "a")
    name = preview_regrade(store, {"a": 10})
    if mode is None:
        apply_regrade(store, name)
        store.regrades.roll_back(name)
    else:
        store.regrades.apply(name, mode)
    work.patch.setattr(regrading, "TURN", 0.0)
    graded_counts = []
    for _ in range(3):
        tasks.perform(context)
        record = store.regrades.get(name)
        assert record is not None
        graded_counts.append(record.progress.done)
    assert graded_counts == [2, 4, 5]
    assert count_nudges(context) == 3
    assert phase_of(store, name) is (Phase.APPLIED if mode else Phase.ROLLED_BACK)


def test_whoever_failed_goes_on_with_nothing_and_nudges(context: Context, work: Work) -> None:
    """What failed at one may fail at the next, and another process may do better."""
    jobs = hand_in(context, 2)

    def fail(context: Context, lease: Lease) -> Mapping[str, object]:
        raise JailFailed(f"no jail for {lease.claim.job.id} in {context}")

    work.patch.setitem(tasks.WORK, Kind.SUBMISSION, fail)
    tasks.perform(context)
    states = [context.store.submissions.get(job.id) for job in jobs]
    assert [(record and record.state, record and record.tries) for record in states] == [
        (State.QUEUED, 1),
        (State.QUEUED, 0),
    ]
    assert count_nudges(context) == 1


def test_a_jail_that_cannot_be_started_is_a_failed_try(context: Context, work: Work) -> None:
    """The job is queued again at once, and not when its lease ends."""
    jobs = hand_in(context, 1)

    def prepare() -> None:
        work.patch.undo()
        raise OSError("too many open files")

    work.patch.setattr(context.jails, "prepare", prepare)
    tasks.perform(context)
    submission = context.store.submissions.get(jobs[0].id)
    assert submission is not None
    assert (submission.state, submission.tries, work.claims) == (State.QUEUED, 1, [])


def test_whoever_is_to_stop_goes_on_with_nothing(context: Context, work: Work) -> None:
    jobs = hand_in(context, 2)

    def stop(context: Context, lease: Lease) -> Mapping[str, object]:
        context.stop.request()
        return work.submission(context, lease)

    work.patch.setitem(tasks.WORK, Kind.SUBMISSION, stop)
    tasks.perform(context)
    assert work.claims == [Claim(jobs[0], 1)]
    assert (context.store.jobs.waiting(Queue.INTERACTIVE), count_nudges(context)) == (1, 1)


def test_what_was_claimed_with_an_end_is_handed_back_where_no_jail_is_available(context: Context, work: Work) -> None:
    jobs, isolation = hand_in(context, 2), Unfit()
    context = replace(context, isolation=isolation)

    def lose_the_jail(context: Context, lease: Lease) -> Mapping[str, object]:
        fields = work.submission(context, lease)
        isolation.fault = "no namespaces"
        context.stop.request()
        return fields

    work.patch.setitem(tasks.WORK, Kind.SUBMISSION, lose_the_jail)
    tasks.perform(context)
    record = context.store.submissions.get(jobs[1].id)
    assert record is not None
    assert (work.claims, record.state, record.tries) == ([Claim(jobs[0], 1)], State.QUEUED, 0)
    assert count_nudges(context) == 1


def test_a_claim_whose_answer_was_lost_comes_back_and_the_end_before_it_stands(making: Making, work: Work) -> None:
    context = making(lease_seconds=1)
    jobs, lost_answers = hand_in(context, 3), list[str]()
    call_joined = context.store.functions.call_joined

    def lose_an_answer(
        call: FunctionCall, ahead: FunctionCall | None = None, following: FollowingCall | None = None
    ) -> Any:
        answer = call_joined(call, ahead, following)
        if call.name == "finish" and not lost_answers:
            assert following is not None
            lost_answers.append(call.name)
            following.reply, following.is_answered = None, False
            raise StoreUnavailable("the answer is lost")
        return answer

    work.patch.setattr(context.store.functions, "call_joined", lose_an_answer)
    tasks.perform(context)
    assert (work.claims, count_nudges(context)) == ([Claim(jobs[0], 1)], 1)
    assert [record and record.state for record in map(context.store.submissions.get, (job.id for job in jobs))] == [
        State.DONE,
        State.RUNNING,
        State.QUEUED,
    ]
    until(lambda: context.store.jobs.requeue_lost() == [jobs[1]], "its lease ends")
    tasks.perform(context)
    assert work.claims[1:] == [Claim(jobs[1], 2), Claim(jobs[2], 1)]


def is_graded(service: Service, regrade: str, count: int) -> bool:
    """Return True if so many units are."""
    return now(service, regrade).progress.done >= count


def test_processes_that_are_killed_while_they_go_on_lose_nothing_and_do_nothing_twice(service: Service) -> None:
    """Each job was claimed by itself: the one that a process was at comes back, those before it have their verdicts."""
    count, right = 60, RIGHT.read_bytes()
    names = [conclude_with(service, right + b"# %d" % at, RIGHT.name, f"student {at}", 4) for at in range(count)]
    service.start("sweeper")
    worker = service.worker()
    regrade = request_regrade(service)
    for graded_count in (5, 20, 35):
        until(partial(is_graded, service, regrade, graded_count), f"{graded_count} are graded")
        os.kill(worker.children()[0], signal.SIGKILL)
    record = wait_for_phase(service, regrade, Phase.PREVIEWED)
    assert (record.progress.done, record.counts.up, record.counts.could_not_be_graded) == (count, count, 0)
    start_phase(service, regrade, Mode.WHOLE)
    assert wait_for_phase(service, regrade, Phase.APPLIED).counts.applied == count
    assert {(service.submission(name).verdict, service.submission(name).outcome) for name in names} == {(2, "passed")}
