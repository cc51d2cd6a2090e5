"""A policy holds at the moment at which a submission is recorded; what it refuses is neither recorded nor counted."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backmark.grader.courses.limits import limits, may_hand_in
from backmark.grader.courses.marks import mark_student
from backmark.grader.errors import HandInBarred, StoreUnavailable
from backmark.grader.model.records import State
from backmark.grader.model.terms import Extension, Outage, Policy
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.store.making import accept, claim_job, finish_job, list_remains, new, now

ASSIGNMENT = "udl-7.2"


def under(store: Store, **policy: Any) -> None:
    """Set the policy of the assignment."""
    store.courses.set_policy("cs101", ASSIGNMENT, Policy(**policy), "prof")


def refuse(store: Store, submission: NewSubmission | None = None) -> HandInBarred:
    """Hand in, and return the refusal."""
    before = list_remains(store)
    with pytest.raises(HandInBarred) as error:
        store.submissions.accept(submission or new())
    assert list_remains(store) == before
    return error.value


def test_nothing_is_taken_before_it_opens_or_once_it_is_closed(store: Store) -> None:
    clock = store.time()
    under(store, opens=clock + 60)
    early_refusal = refuse(store)
    assert (early_refusal.reason, early_refusal.at) == ("not_open", clock + 60)
    under(store, opens=clock - 60, closes=1767225600.0)
    refusal = refuse(store)
    assert (refusal.reason, refusal.at) == ("closed", 1767225600.0)
    assert str(refusal) == "This assignment closed on 2026-01-01 at 00:00:00 UTC."
    under(store, opens=clock - 60, due=clock - 30, closes=clock + 60)
    accept(store)


def test_only_attempts_that_count_are_counted(store: Store) -> None:
    under(store, attempts=2)
    finish_job(store, outcome="rejected")
    store.submissions.cancel(accept(store))
    failed_claim = claim_job(store, accept(store))
    store.jobs.record_failure(failed_claim, "away", most=1)
    finish_job(store, outcome="failed")
    waiting_id = accept(store)
    refusal = refuse(store)
    assert (refusal.reason, refusal.attempts, refusal.had) == ("no_attempts_left", 2, 2)
    assert str(refusal) == "You have used all of your 2 attempts."
    accept(store, new("bob"))
    store.submissions.cancel(waiting_id)
    accept(store)


def test_an_extension_and_an_outage_hold_as_soon_as_they_are_set(store: Store) -> None:
    clock = store.time()
    under(store, closes=clock - 60, attempts=1)
    refuse(store)
    outage = Outage(clock - 120, clock + 120, "prof", "no power")
    name = store.courses.add_outage("cs101", ASSIGNMENT, outage).id
    finish_job(store)
    assert refuse(store).reason == "no_attempts_left"
    store.courses.set_extension("cs101", ASSIGNMENT, Extension("ada", None, None, 2, "prof", "ill"))
    finish_job(store)
    store.courses.remove_outage("cs101", ASSIGNMENT, name, "prof")
    assert refuse(store).reason == "closed"
    store.courses.remove_policy("cs101", ASSIGNMENT, "prof")
    store.courses.remove_extension("cs101", ASSIGNMENT, "ada", "prof")
    finish_job(store)


def test_a_request_that_was_accepted_is_answered_as_before_whatever_the_policy_says_now(store: Store) -> None:
    name = accept(store, new(key="k"))
    under(store, closes=1.0, attempts=1)
    repeat = store.submissions.accept(new(key="k"))
    assert (repeat.id, repeat.replayed) == (name, True)
    assert refuse(store, new(key="other")).reason == "closed"


def test_under_a_policy_nothing_that_waits_is_superseded(store: Store) -> None:
    older = accept(store)
    under(store, due=1.0)
    first, second = accept(store), accept(store)
    assert [now(store, name).state for name in (older, first, second)] == [State.QUEUED] * 3
    store.courses.remove_policy("cs101", ASSIGNMENT, "prof")
    accept(store)
    assert [now(store, name).state for name in (older, first, second)] == [State.SUPERSEDED] * 3


def test_under_a_policy_a_name_that_nobody_verified_hands_nothing_in(store: Store) -> None:
    typed_submission = NewSubmission("cs101", ASSIGNMENT, "0" * 16, "ada!0123456789ab", "a.py", b"code", browser="one")
    store.submissions.accept(typed_submission)
    under(store, due=4e9)
    refusal = refuse(store, typed_submission)
    assert refusal.reason == "unverified"
    assert "Hand in by your personal link" in str(refusal)


def test_a_large_file_is_refused_before_it_is_compressed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    under(store, closes=1.0)
    monkeypatch.setattr("backmark.grader.store.submissions.compress", None)
    refuse(store, new(source=b"#" * (256 << 10)))


def change_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch, times: int, change: Callable[[], None]) -> None:
    """Change rules between their reading and the script, the first `times` that they are read."""
    read_terms, times_left = store.courses.terms_of, [times]

    def read_and_change(course: str, assignment: str, student: str) -> object:
        terms = read_terms(course, assignment, student)
        if times_left[0] > 0:
            times_left[0] -= 1
            change()
        return terms

    monkeypatch.setattr(store.courses, "terms_of", read_and_change)


def test_rules_that_change_while_a_file_comes_in_hold_for_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    under(store, due=1.0)
    change_meanwhile(store, monkeypatch, 1, lambda: under(store, closes=1.0))
    assert refuse(store).reason == "closed"
    change_meanwhile(store, monkeypatch, 1, lambda: under(store, due=1.0))
    accept(store)


def test_rules_that_never_hold_still_are_our_fault(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    change_meanwhile(store, monkeypatch, 1000, lambda: under(store, due=1.0))
    with pytest.raises(StoreUnavailable, match="keep changing"):
        store.submissions.accept(new())


#: Seconds around now; none is so near that it passes while the test runs.
_AROUND = st.none() | st.integers(-9, 9).map(lambda hours: (hours or 1) * 3600.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    opens=_AROUND,
    due=_AROUND,
    closes=_AROUND,
    attempts=st.none() | st.integers(1, 3),
    extension=st.none() | st.tuples(_AROUND, _AROUND, st.none() | st.integers(1, 3)),
    outages=st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 9)), max_size=2),
    attempt_count=st.integers(0, 3),
)
def test_the_store_refuses_exactly_what_the_pure_rule_refuses(
    store: Store,
    opens: float | None,
    due: float | None,
    closes: float | None,
    attempts: int | None,
    extension: tuple[float | None, float | None, int | None] | None,
    outages: list[tuple[int, int]],
    attempt_count: int,
) -> None:
    store.redis.flushall()
    for _ in range(attempt_count):
        finish_job(store)
    clock = float(round(store.time())) + 0.5
    times_ahead = [None if at is None else clock + at for at in (opens, due, closes)]
    policy = Policy(opens=times_ahead[0], due=times_ahead[1], closes=times_ahead[2], attempts=attempts)
    store.courses.set_policy("cs101", ASSIGNMENT, policy, "prof")
    own_extension = None
    if extension is not None:
        own_due, own_closes = (None if at is None else clock + at for at in extension[:2])
        own_extension = Extension("ada", own_due, own_closes, extension[2], "prof", "ill")
        store.courses.set_extension("cs101", ASSIGNMENT, own_extension)
    outage_list = [Outage(clock + 3600 * at + 60, clock + 3600 * (at + hours), "prof", "away") for at, hours in outages]
    for outage in outage_list:
        store.courses.add_outage("cs101", ASSIGNMENT, outage)
    expected = may_hand_in(clock, attempt_count, limits(policy, own_extension, outage_list))
    try:
        store.submissions.accept(new())
        refusal = None
    except HandInBarred as error:
        refusal = error
    assert (None if expected is None else expected.bar) == (None if refusal is None else refusal.reason)
    if expected is not None and refusal is not None:
        assert refusal.at == expected.at


def test_the_sentence_names_the_moment_in_utc(store: Store) -> None:
    opens = datetime(2100, 3, 1, 8, tzinfo=UTC).timestamp()
    under(store, opens=opens)
    assert str(refuse(store)) == "This assignment opens on 2100-03-01 at 08:00:00 UTC; hand in from then on."
    under(store, attempts=1)
    finish_job(store)
    assert str(refuse(store)) == "You have used your only attempt."


def test_nobody_is_late_because_the_clock_was_set_back(store: Store) -> None:
    """No two submissions have one time, so times go on from where the clock was."""
    under(store, due=store.time() + 60, late=50.0)
    finish_job(store)
    store.redis.set("bm:moment", f"{1e6 * (store.time() + 3600):.0f}")
    finish_job(store)
    terms = store.courses.terms_of("cs101", ASSIGNMENT, "ada")
    marking = mark_student("ada", store.courses.attempts_of("cs101", ASSIGNMENT, "ada")[1:], terms)
    assert (marking.share, marking.lateness) == (1.0, 0.0)
