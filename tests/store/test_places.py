"""The place of what waits, and the seconds until its verdict: by what runs, what is ahead, and what such files took."""

import pytest

from backmark.grader.model.records import Job, Kind, Position
from backmark.grader.store import keys
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, finish_job, job, new, position
from tests.store.test_lanes import claim_next, grade, make_slow, work
from tests.store.test_order import hand_in, turns, typed, use


def estimate(store: Store, name: str) -> float:
    """The estimated seconds until a verdict."""
    place = store.jobs.place(job(name))
    assert place is not None
    assert place.estimated_seconds is not None
    return place.estimated_seconds


def run_for(store: Store, name: str, seconds: float) -> None:
    """Let a submission have been running for so long."""
    store.redis.hincrby(keys.key(Kind.SUBMISSION, name), "started", round(-1000 * seconds))


def test_the_place_is_that_of_the_turn(store: Store) -> None:
    use(store, 2.5, new("much"))
    (much,), (little,), (slow,) = (hand_in(store, name, "a") for name in ("much", "little", "slow"))
    assert [position(store, job(name)) for name in (little, slow, much)] == [0, 1, 2]
    assert turns(store, 1) == [little]
    assert position(store, job(little)) is None


def test_the_slow_lane_is_behind_all_others(store: Store) -> None:
    work(store, 2)
    (slow,) = make_slow(store, "slow")
    hand_in(store, "ada", "a", "b")
    assert position(store, job(slow)) == 2


def test_without_a_worker_or_a_grading_nothing_is_estimated(store: Store) -> None:
    (name,) = hand_in(store, "ada", "a")
    work(store, 2)
    assert store.jobs.place(job(name)) == Position(0)
    store.workers.leave("w")
    grade(store, 0.5)
    assert store.jobs.place(job(name)) == Position(0)


def test_other_jobs_have_a_place_without_an_estimate(store: Store) -> None:
    made = [store.publications.request(NewPublication("cs101", f"mine{number}", "")) for number in range(2)]
    assert [position(store, Job(Kind.PUBLICATION, each.id)) for each in made] == [0, 1]


@pytest.mark.parametrize(("processes", "seconds"), [(1, 2.5), (2, 1.5), (8, 0.5)])
def test_it_waits_for_what_is_ahead_on_all_processes(store: Store, processes: int, seconds: float) -> None:
    work(store, processes)
    grade(store, 0.5)
    names = [hand_in(store, f"s{number}", "a")[0] for number in range(5)]
    assert estimate(store, names[-1]) == pytest.approx(seconds)


def test_files_of_a_sender_whose_last_one_took_more_than_a_slice_take_as_long(store: Store) -> None:
    work(store, 1)
    grade(store, 0.2)
    use(store, 1.2, new("slow"))
    (running,), (mine,) = hand_in(store, "other", "a"), hand_in(store, "slow", "a")
    claim_job(store, running)
    assert estimate(store, mine) == pytest.approx(0.2 + 1.0, abs=0.15)
    use(store, 5.0, new("slow"))
    assert estimate(store, mine) == pytest.approx(0.2 + 5.0, abs=0.15)


def test_what_a_short_file_took_is_not_told_by_the_next_one(store: Store) -> None:
    """Right files take less than wrong ones, and their marks may be held back."""
    work(store, 1)
    grade(store, 0.2)
    use(store, 0.04, new("right"))
    use(store, 0.9, new("wrong"))
    names = [hand_in(store, student, student)[0] for student in ("right", "wrong")]
    assert estimate(store, names[0]) == pytest.approx(0.2)
    assert store.jobs.claim(job(names[0]))
    assert estimate(store, names[1]) == pytest.approx(0.2 + 0.2, abs=0.1)


def test_whoever_takes_longer_than_expected_is_waited_for_until_the_slice_ends(store: Store) -> None:
    """With six slow files of one visitor under six names, who comes next is told what is certain."""
    work(store, 2)
    grade(store, 0.2, 0.2)
    for number in range(6):
        accept(store, typed(f"name-{number}"))
    for claim in (claim_next(store), claim_next(store)):
        run_for(store, claim.job.id, 0.4)
    (mine,) = hand_in(store, "ada", "a")
    assert estimate(store, mine) == pytest.approx(0.6 + 0.2, abs=0.15)
    assert position(store, job(mine)) == 0


def test_what_used_up_its_slice_is_expected_to_use_all_that_it_may(store: Store) -> None:
    work(store, 2)
    grade(store, 0.2)
    first, second = make_slow(store, "a", "b")
    assert estimate(store, first) == pytest.approx(20, abs=0.2)
    assert claim_next(store).job == job(first)
    run_for(store, first, 5.0)
    assert estimate(store, second) == pytest.approx(15 + 20, abs=0.2)
    (quick,) = hand_in(store, "ada", "a")
    assert estimate(store, quick) == pytest.approx(0.2, abs=0.1), "the slow lane never has the last process"


def test_those_that_are_not_looked_at_count_by_their_places(store: Store) -> None:
    work(store, 1)
    grade(store, 0.1)
    names = [hand_in(store, f"s{number}", "a")[0] for number in range(150)]
    assert position(store, job(names[-1])) == 149
    assert estimate(store, names[-1]) == pytest.approx(15.0, abs=0.5)


def test_a_verdict_that_is_used_again_says_nothing_of_what_files_take(store: Store) -> None:
    work(store, 1)
    grade(store, 2.0)
    finish_job(store, new("ada"))
    assert estimate(store, hand_in(store, "ada", "a")[0]) == pytest.approx(2.0)
