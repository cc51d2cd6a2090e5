"""Whose turn it is: an order of what waits, by what each sender has running, has used lately, and by place."""

from dataclasses import replace

import pytest

from backmark.grader.model.records import Claim, Job, Kind, Queue
from backmark.grader.store import keys
from backmark.grader.store.functions import FollowingCall
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.store.making import accept, claim_job, end_lease, job, new, verdict
from tests.store.regrading import grade_submission, request_regrade, result, select_units, waiting_units


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


def use(store: Store, seconds: float, submission: NewSubmission) -> None:
    """Let a sender have used so many seconds by another submission."""
    claim = claim_job(store, accept(store, replace(submission, assignment="before")))
    assert store.submissions.finish(claim, verdict("timeout"), seconds=seconds)


def typed(name: str, browser: str = "one", assignment: str = "a") -> NewSubmission:
    """A submission by a class link, under a name that was typed in a browser."""
    return replace(new(f"{name}!{browser:0>12}", assignment=assignment), browser=browser)


def test_the_sender_who_has_used_the_fewest_seconds_lately_is_next(store: Store) -> None:
    use(store, 2.5, new("much"))
    use(store, 1.5, new("some"))
    (much,), (some,), (none,) = (hand_in(store, student, "a") for student in ("much", "some", "none"))
    assert turns(store, 3) == [none, some, much]


def test_names_that_are_typed_in_one_browser_are_one_sender(store: Store) -> None:
    use(store, 2.0, typed("first"))
    names = [accept(store, typed(f"name-{number}")) for number in range(3)]
    other = accept(store, typed("first", "two"))
    assert turns(store, 4) == [other, *names]


def test_a_verified_student_comes_before_any_number_of_new_browsers(store: Store) -> None:
    """Who drops its cookies is a new sender with each file, and has used nothing."""
    use(store, 2.5, new("ada"))
    names = [accept(store, typed("name", str(number))) for number in range(3)]
    (verified,) = hand_in(store, "ada", "a")
    assert turns(store, 4) == [verified, *names]


def test_seconds_that_were_used_count_half_after_ten_minutes(store: Store) -> None:
    use(store, 2.8, new("earlier"))
    use(store, 2.4, new("lately"))
    (key,) = (key for key in store.redis.scan_iter("bm:used:*") if store.redis.hget(key, "seconds") == b"2.8000")
    store.redis.hincrby(key, "at", -600_000)
    (lately,), (earlier,) = (hand_in(store, student, "a") for student in ("lately", "earlier"))
    assert turns(store, 2) == [earlier, lately]


def test_what_runs_counts_by_the_seconds_since_its_claim(store: Store) -> None:
    use(store, 2.5, new("used"))
    (running, second), (other, third) = hand_in(store, "runs", "a", "b"), hand_in(store, "used", "a", "b")
    claim_job(store, other)
    claim_job(store, running)
    store.redis.hincrby(keys.key(Kind.SUBMISSION, running), "started", -4_000)
    assert turns(store, 2) == [third, second]


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


def request_publication(store: Store) -> Job:
    publication = store.publications.request(NewPublication("cs101", "mine", "id = 'mine'"))
    return Job(Kind.PUBLICATION, publication.id)


def test_submissions_come_before_publications_and_these_before_units(store: Store) -> None:
    (unit,) = make_units(store, 1)
    publications = [request_publication(store) for _ in range(2)]
    waiting = [job(accept(store)), *publications, unit]
    claims = [store.jobs.claim_next() for _ in range(5)]
    assert [claim and claim.job for claim in claims] == [*waiting, None]


def test_a_slow_submission_waits_for_room_while_others_have_their_turns(store: Store) -> None:
    for _ in range(2):
        use(store, 2.0, new("slow"))
    names = hand_in(store, "slow", "a", "b")
    publication = request_publication(store)
    claims = [store.jobs.claim_next() for _ in range(3)]
    assert [claim and claim.job for claim in claims] == [job(names[0]), publication, None]


def test_a_step_that_had_its_turn_comes_behind_others_and_last_for_its_own_worker(store: Store) -> None:
    for number in range(201):
        grade_submission(store, f"student-{number}", "a")
    step = Job(Kind.REGRADE, request_regrade(store))
    publication = request_publication(store)
    claim = store.jobs.claim_next()
    assert claim == Claim(step, 1)
    following = store.jobs.following_claim(steps_last=True)
    assert store.regrade_steps.choose(claim, last_of_turn=True, following=following) is not None
    assert store.jobs.read_following(following) == Claim(publication, 1)
    (unit,) = waiting_units(store)
    for expected in (unit, step, None):
        following = store.jobs.following_claim(steps_last=True)
        claim = read_by_itself(store, following)
        assert (claim and claim.job) == expected


def read_by_itself(store: Store, following: FollowingCall) -> Claim | None:
    following.reply = store.functions.call_joined(following.call)
    return store.jobs.read_following(following)


def make_units(store: Store, count: int) -> list[Job]:
    """The units of a regrade, in the queue."""
    for number in range(count):
        grade_submission(store, f"student-{number}", str(number))
    select_units(store)
    return waiting_units(store)


def test_units_have_their_turns_by_place(store: Store) -> None:
    units = make_units(store, 3)
    claims = [store.jobs.claim_next() for _ in range(4)]
    assert [claim and claim.job for claim in claims] == [*units, None]


def test_a_unit_without_its_job_stops_nobody(store: Store) -> None:
    (unit,) = make_units(store, 1)
    store.redis.zadd(keys.key("waiting", Queue.REGRADE), {f"{Kind.UNIT}:gone": 1})
    assert store.jobs.claim_next() == Claim(unit, 1)
    assert store.jobs.claim_next() is None


def test_a_unit_that_failed_waits_behind_the_others_and_one_that_was_handed_back_before_them(store: Store) -> None:
    first, second, third = make_units(store, 3)
    for claim, end in ((store.jobs.claim_next(), "fail"), (store.jobs.claim_next(), "hand back")):
        assert claim is not None
        store.jobs.record_failure(claim, "no jail") if end == "fail" else store.jobs.hand_back(claim)
    assert waiting_units(store) == [second, third, first]


def end_and_go_on(store: Store, claim: Claim) -> Claim | None:
    """Record a unit's verdict, and return the claim of another one that was made with that."""
    following = store.jobs.following_claim()
    assert store.regrades.units.record_verdict(claim, result(8), following=following)
    return store.jobs.read_following(following)


@pytest.mark.parametrize("kind", [Kind.SUBMISSION, Kind.PUBLICATION])
def test_whoever_goes_on_with_units_takes_what_somebody_waits_for_first(store: Store, kind: Kind) -> None:
    units = make_units(store, 3)
    first = store.jobs.claim_next()
    second = first and end_and_go_on(store, first)
    assert second == Claim(units[1], 1)
    live = job(accept(store)) if kind is Kind.SUBMISSION else request_publication(store)
    assert end_and_go_on(store, second) == Claim(live, 1)
