"""Whose turn it is: an order of what waits, by place and by what each student has running; never a cap."""

import pytest

from backmark.grader.model.records import Claim, Job, Kind, Queue
from backmark.grader.store import keys
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, end_lease, finish_job, job, new, verdict
from tests.store.regrading import grade_submission, result, select_units, waiting_units


def hand_in(store: Store, student: str, *assignments: str, course: str = "cs101") -> list[str]:
    """Submissions of a student that wait, one for each assignment."""
    return [accept(store, new(student, course=course, assignment=assignment)) for assignment in assignments]


def turns(store: Store, workers: int) -> list[str]:
    """The submissions that so many workers are given, one after the other, none of which ends."""
    claims = [store.jobs.claim_next() for _ in range(workers)]
    return [claim.job.id for claim in claims if claim is not None]


def test_the_first_in_the_queue_has_the_first_turn(store: Store) -> None:
    names = [*hand_in(store, "ada", "a"), *hand_in(store, "bob", "a"), *hand_in(store, "eve", "a")]
    assert turns(store, 4) == names


def test_a_student_with_one_running_goes_behind_those_with_none(store: Store) -> None:
    first, second, third = hand_in(store, "sleeper", "a", "b", "c")
    (late_id,) = hand_in(store, "ada", "a")
    assert turns(store, 4) == [first, late_id, second, third]


def test_one_student_alone_fills_every_idle_worker(store: Store) -> None:
    names = hand_in(store, "portal", "a", "b", "c")
    assert turns(store, 3) == names


def test_a_turn_comes_again_once_the_running_one_has_ended(store: Store) -> None:
    first, second = hand_in(store, "sleeper", "a", "b")
    claim = claim_job(store, first)
    (late_id,) = hand_in(store, "ada", "a")
    assert store.submissions.finish(claim, verdict())
    assert turns(store, 2) == [second, late_id]


def test_students_of_the_same_name_in_two_courses_are_two(store: Store) -> None:
    hand_in(store, "ada", "a", course="cs101")
    (other_id,) = hand_in(store, "ada", "a", course="cs102")
    (last_id,) = hand_in(store, "bob", "a")
    assert turns(store, 3)[1:] == [other_id, last_id]


def test_students_whose_last_verdict_was_a_timeout_share_one_worker_while_others_wait(store: Store) -> None:
    for student in ("slow", "slower"):
        finish_job(store, new(student, assignment="before"), "timeout")
    (slow_id,), (slower_id,), (quick,) = (hand_in(store, student, "a") for student in ("slow", "slower", "ada"))
    assert turns(store, 2) == [slow_id, quick]
    # Nobody else waits any more, and no worker is to be idle.
    assert turns(store, 1) == [slower_id]


def test_a_verdict_in_time_ends_the_sharing(store: Store) -> None:
    for student in ("slow", "slower"):
        finish_job(store, new(student, assignment="before"), "timeout")
    finish_job(store, new("slower", assignment="since"), "failed")
    (slow_id,), (slower_id,), (quick,) = (hand_in(store, student, "a") for student in ("slow", "slower", "ada"))
    assert turns(store, 3) == [slow_id, slower_id, quick]


def test_what_was_handed_back_or_lost_keeps_its_turn(store: Store) -> None:
    (first,), (second,) = hand_in(store, "ada", "a"), hand_in(store, "bob", "a")
    assert store.jobs.hand_back(claim_job(store, first))
    assert turns(store, 1) == [first]
    claim = claim_job(store, second)
    end_lease(store, claim)
    store.jobs.requeue_lost()
    hand_in(store, "eve", "a")
    assert turns(store, 1) == [second]


def test_the_order_looks_past_many_of_one_student(store: Store) -> None:
    many_ids = hand_in(store, "portal", *(f"a{number}" for number in range(300)))
    (late_id,) = hand_in(store, "ada", "a")
    assert turns(store, 3) == [many_ids[0], late_id, many_ids[1]]


def test_an_entry_of_the_queue_without_its_job_stops_nobody(store: Store) -> None:
    store.redis.zadd(keys.key("waiting", Queue.INTERACTIVE), {f"{Kind.SUBMISSION}:gone": 1})
    (name,) = hand_in(store, "ada", "a")
    assert turns(store, 2) == [name]


def test_other_kinds_are_claimed_by_their_names(store: Store) -> None:
    store.publications.request(NewPublication("cs101", "mine", "id = 'mine'"))
    assert store.jobs.claim_next() is None
    name = accept(store)
    assert store.jobs.claim(job(name)) is not None


def make_units(store: Store, count: int) -> list[Job]:
    """The units of a regrade, in the queue."""
    for number in range(count):
        grade_submission(store, f"student-{number}", str(number))
    select_units(store)
    return waiting_units(store)


def test_units_have_their_turns_by_place(store: Store) -> None:
    units = make_units(store, 3)
    claims = [store.jobs.claim_next(Kind.UNIT) for _ in range(4)]
    assert [claim and claim.job for claim in claims] == [*units, None]


def test_a_unit_without_its_job_stops_nobody(store: Store) -> None:
    (unit,) = make_units(store, 1)
    store.redis.zadd(keys.key("waiting", Queue.REGRADE), {f"{Kind.UNIT}:gone": 1})
    assert store.jobs.claim_next(Kind.UNIT) == Claim(unit, 1)
    assert store.jobs.claim_next(Kind.UNIT) is None


def test_a_unit_that_failed_waits_behind_the_others_and_one_that_was_handed_back_before_them(store: Store) -> None:
    first, second, third = make_units(store, 3)
    for claim, end in ((store.jobs.claim_next(Kind.UNIT), "fail"), (store.jobs.claim_next(Kind.UNIT), "hand back")):
        assert claim is not None
        store.jobs.record_failure(claim, "no jail") if end == "fail" else store.jobs.hand_back(claim)
    assert waiting_units(store) == [second, third, first]


def end_and_go_on(store: Store, claim: Claim) -> Claim | None:
    """Record a unit's verdict, and return the claim of another one that was made with that."""
    following = store.jobs.following_claim(Kind.UNIT)
    assert store.regrades.units.record_verdict(claim, result(8), (), following=following) is not None
    return store.jobs.read_following(Kind.UNIT, following)


@pytest.mark.parametrize("live_kind", ["submission", "publication"])
def test_whoever_goes_on_with_units_stops_for_whoever_waits_for_an_answer(store: Store, live_kind: str) -> None:
    make_units(store, 4)
    first = store.jobs.claim_next(Kind.UNIT)
    second = first and end_and_go_on(store, first)
    assert second is not None
    accept(store) if live_kind == "submission" else store.publications.request(
        NewPublication("cs101", "mine", "id = 'mine'")
    )
    assert end_and_go_on(store, second) is None
    # A message of theirs comes behind all others: whoever has one may take a unit.
    assert store.jobs.claim_next(Kind.UNIT) is not None
