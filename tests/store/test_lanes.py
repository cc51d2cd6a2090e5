"""The two lanes of submissions: a quick slice first, and the slow lane, which never has the last process."""

import pytest

from backmark.grader.model.records import Claim, Queue, State
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from tests.store.making import accept, claim_job, end_lease, job, new, now, verdict
from tests.store.test_order import hand_in, turns, typed, use


def work(store: Store, processes: int) -> None:
    """Let a worker of so many processes have reported."""
    store.workers.report(Worker("w", "here", processes, jail=True, reason=None, version="0", role="worker"))


def claim_next(store: Store) -> Claim:
    """Claim the next submission, of which there is one."""
    claim = store.jobs.claim_next()
    assert claim is not None
    return claim


def make_slow(store: Store, *names: str) -> list[str]:
    """Submissions of these students that have used up their slices, and wait in the slow lane."""
    made = [hand_in(store, name, "long")[0] if "!" not in name else accept(store, typed(name[:-1])) for name in names]
    for _ in made:
        assert store.jobs.end_slice(claim_next(store), 1.1, 20.0)
    return made


def grade(store: Store, *seconds: float, outcome: str = "failed") -> None:
    """Gradings of the revision that took so many seconds, each by another student."""
    for number, each in enumerate(seconds):
        claim = claim_job(store, accept(store, new(f"{outcome}-{number}")))
        assert store.submissions.finish(claim, verdict(outcome), seconds=each)


def test_a_submission_has_a_slice_of_one_second_before_anything_is_known(store: Store) -> None:
    accept(store)
    assert claim_next(store).slice == 1.0


@pytest.mark.parametrize(
    ("seconds", "slice_seconds"), [((0.1, 0.2, 0.1), 1.0), ((2.0, 19.0, 1.5), 6.0), ((4.0,) * 20, 12.0)]
)
def test_a_slice_is_three_times_the_median_of_recent_gradings(
    store: Store, seconds: tuple[float, ...], slice_seconds: float
) -> None:
    grade(store, *seconds)
    accept(store)
    assert claim_next(store).slice == slice_seconds


def test_one_sender_alone_does_not_decide_what_is_usual(store: Store) -> None:
    grade(store, 0.1, 0.2)
    for number in range(20):
        claim = claim_job(store, accept(store, typed(f"name-{number}")))
        assert store.submissions.finish(claim, verdict("failed"), seconds=19.0)
    accept(store)
    assert claim_next(store).slice == 1.0


@pytest.mark.parametrize("outcome", ["timeout", "rejected"])
def test_what_timed_out_or_never_ran_says_nothing_of_what_is_usual(store: Store, outcome: str) -> None:
    grade(store, 19.0, 19.0, outcome=outcome)
    accept(store)
    assert claim_next(store).slice == 1.0


def test_what_used_up_its_slice_waits_at_its_old_place_without_a_slice_and_without_a_try(store: Store) -> None:
    name = accept(store)
    queued = store.redis.zscore("bm:waiting:interactive", f"submission:{name}")
    claim = claim_next(store)
    assert store.jobs.end_slice(claim, 1.1, 20.0)
    assert store.jobs.end_slice(claim, 1.1, 20.0), "asked again, since the answer was lost"
    record = now(store, name)
    assert (record.state, record.attempt, record.tries) == (State.QUEUED, 1, 0)
    assert store.redis.zscore("bm:waiting:slow", f"submission:{name}") == queued
    assert [store.jobs.waiting(queue) for queue in Queue] == [0, 1, 0, 0]
    again = claim_next(store)
    assert (again.job, again.slice) == (job(name), None)
    assert not store.jobs.end_slice(claim, 1.1, 20.0)
    assert store.submissions.finish(again, verdict())
    assert (now(store, name).tries, store.jobs.waiting(Queue.SLOW)) == (1, 0)


def test_the_slow_lane_comes_behind_all_that_is_quick(store: Store) -> None:
    (slow,) = make_slow(store, "slow")
    use(store, 2.0, new("ada"))
    (quick,) = hand_in(store, "ada", "a")
    assert turns(store, 3) == [quick, slow]


@pytest.mark.parametrize(("processes", "most"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_the_slow_lane_never_has_the_last_process_but_the_only_one(store: Store, processes: int, most: int) -> None:
    work(store, processes)
    slow = make_slow(store, "a", "b", "c")
    assert turns(store, 3) == slow[:most]
    (quick,) = hand_in(store, "ada", "a")
    assert turns(store, 2) == [quick]


def test_a_worker_that_cannot_isolate_and_a_sweeper_are_no_processes(store: Store) -> None:
    store.workers.report(Worker("w", "here", 4, jail=False, reason="no", version="0", role="worker"))
    store.workers.report(Worker("s", "here", 4, jail=True, reason=None, version="0", role="sweeper"))
    slow = make_slow(store, "a", "b")
    assert turns(store, 2) == slow[:1]


def test_the_slow_lane_takes_verified_students_before_typed_names(store: Store) -> None:
    work(store, 4)
    typed_name, verified = make_slow(store, "typed!", "ada")
    assert turns(store, 2) == [verified, typed_name]


def test_who_has_used_three_slices_lately_is_in_the_slow_lane_from_the_start(store: Store) -> None:
    work(store, 2)
    use(store, 3.5, typed("first"))
    names = [accept(store, typed(f"name-{number}")) for number in range(3)]
    assert turns(store, 3) == names[:1]
    assert store.jobs.waiting(Queue.SLOW) == 2
    honest = accept(store, typed("ada", "two"))
    assert turns(store, 2) == [honest]


def test_many_files_of_one_sender_are_looked_past_by_the_hundred(store: Store) -> None:
    use(store, 3.5, new("flood"))
    hand_in(store, "flood", *(f"a{number}" for number in range(600)))
    (late,) = hand_in(store, "ada", "a")
    store.jobs.hand_back(claim_next(store))
    assert turns(store, 1) == [late]


def test_a_slow_one_that_was_lost_or_handed_back_keeps_its_lane(store: Store) -> None:
    (slow,) = make_slow(store, "slow")
    assert store.jobs.hand_back(claim_next(store))
    end_lease(store, claim_next(store))
    assert store.jobs.requeue_lost() == [job(slow)]
    assert store.jobs.waiting(Queue.SLOW) == 1
    assert claim_next(store).slice is None


def test_a_slow_one_is_cancelled_superseded_and_deleted_like_any_other(store: Store) -> None:
    cancelled, superseded, deleted = make_slow(store, "a", "b", "c")
    store.submissions.cancel(cancelled)
    accept(store, new("b", assignment="long"))
    store.submissions.delete(deleted)
    assert now(store, superseded).state is State.SUPERSEDED
    assert store.jobs.waiting(Queue.SLOW) == 0


def test_what_is_retried_has_a_slice_again(store: Store) -> None:
    (slow,) = make_slow(store, "slow")
    claim = claim_next(store)
    assert store.jobs.record_failure(claim, "no jail", most=1) is State.SERVICE_FAILED
    assert store.submissions.retry(slow)
    assert claim_next(store).slice == 1.0


def test_a_free_process_is_missing_from_the_slow_lane_only_if_it_has_room(store: Store) -> None:
    work(store, 2)
    make_slow(store, "a", "b")
    claim = claim_next(store)
    assert store.jobs.count_unclaimed(store.workers.list()) == 0
    assert store.submissions.finish(claim, verdict("timeout"))
    assert store.jobs.count_unclaimed(store.workers.list()) == 1
