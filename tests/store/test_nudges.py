"""How many workers are to be nudged: for what begins to wait, and for what waits while processes are free."""

import time
from types import SimpleNamespace

import pytest

from backmark.grader.model.records import Kind
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from backmark.worker.service import sweeper
from backmark.worker.service.sweeper import Sweeper
from tests.service.conftest import Sent
from tests.store.making import accept, claim_job, new
from tests.store.regrading import claim_step, grade_submission, request_regrade, waiting_units

#: Nudges for what waits in a queue.
MOST = 64


def report(store: Store, processes: int, **fields: object) -> None:
    """Let a worker with so many processes have reported."""
    worker = {"name": "w", "host": "here", "jail": True, "reason": None, "version": "0", "role": "worker"}
    store.workers.report(Worker(concurrency=processes, **{**worker, **fields}))  # type: ignore[arg-type]


def count_unclaimed(store: Store) -> int:
    return store.jobs.count_unclaimed(store.workers.list())


def test_each_of_the_first_submissions_that_wait_needs_a_nudge(store: Store) -> None:
    """Behind them no process is idle that was nudged: each goes on until nothing waits."""
    receipts = [store.submissions.accept(new(f"s{at}")) for at in range(MOST + 2)]
    assert [receipt.needs_nudge for receipt in receipts] == [True] * MOST + [False] * 2
    claim_job(store, receipts[0].id)
    claim_job(store, receipts[1].id)
    claim_job(store, receipts[2].id)
    assert store.submissions.accept(new("late")).needs_nudge


@pytest.mark.parametrize(("sources", "nudges"), [(3, 3), (MOST + 6, MOST)])
def test_units_that_are_selected_need_a_nudge_for_each_worker(store: Store, sources: int, nudges: int) -> None:
    for number in range(sources):
        grade_submission(store, f"student-{number}", str(number))
    chunk = store.regrade_steps.choose(claim_step(store, request_regrade(store)))
    assert chunk is not None
    assert (chunk.nudges, len(waiting_units(store))) == (nudges, sources)


def test_what_waits_while_processes_are_free_was_missed(store: Store) -> None:
    assert count_unclaimed(store) == 0
    names = [accept(store, new(f"s{at}")) for at in range(3)]
    assert count_unclaimed(store) == 0, "nobody is there"
    report(store, 2)
    assert count_unclaimed(store) == 2
    claim_job(store, names[0])
    assert count_unclaimed(store) == 1
    claim_job(store, names[1])
    assert count_unclaimed(store) == 0
    report(store, 8)
    assert count_unclaimed(store) == 1


def test_a_worker_without_a_jail_and_a_sweeper_miss_nothing(store: Store) -> None:
    accept(store)
    report(store, 2, jail=False, reason="no namespaces")
    report(store, 1, name="s", role="sweeper", jail=False)
    assert count_unclaimed(store) == 0


def test_a_sweeper_nudges_after_a_second_and_then_less_and_less_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may say that it is well, and take nothing."""
    clock, sent = [1000.0], Sent()
    monkeypatch.setattr(sweeper, "time", SimpleNamespace(monotonic=lambda: clock[0], time=time.time))
    rounds = Sweeper(store, sent, store.settings)
    report(store, 8)
    rounds.look()
    name, moments = accept(store), []
    for _ in range(200):
        clock[0] += 1.0
        before = sent.nudges
        rounds.look()
        moments += [clock[0] - 1000.0] * (sent.nudges - before)
    assert moments == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 124.0, 184.0]
    assert store.counters.read().sent_again == len(moments)
    claim = claim_job(store, name)
    rounds.look()
    assert store.jobs.hand_back(claim)
    for more in (0, 1):
        clock[0] += 1.0
        rounds.look()
        assert sent.nudges == len(moments) + more


@pytest.mark.parametrize("kind", [Kind.REGRADE, Kind.UNIT])
def test_a_regrade_is_missed_as_well(store: Store, kind: Kind) -> None:
    grade_submission(store, "ada", "a")
    report(store, 2)
    name = request_regrade(store)
    if kind is Kind.UNIT:
        assert store.regrade_steps.choose(claim_step(store, name)) is not None
    assert count_unclaimed(store) == 1
