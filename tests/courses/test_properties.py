"""What holds of marks, limits and times whatever the figures are."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given
from hypothesis import strategies as st

from backmark.grader.courses.limits import Bar, limits, may_hand_in
from backmark.grader.courses.marks import late_days, lateness, mark_student
from backmark.grader.courses.times import BadTime, read_time, write_time
from backmark.grader.model.marks import Attempt
from backmark.grader.model.terms import Counts, Extension, Outage, Policy, Terms

#: A fortnight, in which everything happens; with fractions, as the store records times.
MOMENTS = st.one_of(
    st.integers(0, 336).map(lambda hour: hour * 3600.0), st.floats(0, 336 * 3600).map(lambda t: round(t, 3))
)
SHARES = st.integers(0, 12).map(lambda score: score / 12)
ATTEMPTS = st.lists(st.builds(Attempt, st.uuids().map(str), MOMENTS, st.one_of(st.none(), SHARES)), max_size=6)
GRADED = st.builds(Attempt, st.uuids().map(str), MOMENTS, SHARES)
PERCENT = st.integers(0, 100).map(float)
POLICIES = st.builds(
    Policy,
    due=st.none() | MOMENTS,
    grace=st.sampled_from([0.0, 600.0, 3600.0]),
    late=st.none() | PERCENT,
    floor=PERCENT,
    attempts=st.none() | st.integers(1, 5),
    counts=st.sampled_from(Counts),
)
OUTAGES = st.lists(
    st.tuples(MOMENTS, st.floats(60, 100_000)).map(lambda pair: Outage(pair[0], sum(pair), "staff", "disk", 0)),
    max_size=4,
)
ZONES = st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]).map(
    ZoneInfo
)


def best_of(policy: Policy) -> Policy:
    return replace(policy, counts=Counts.BEST)


def mark(
    attempts: list[Attempt], policy: Policy, extension: Extension | None = None, outages: list[Outage] | None = None
) -> float:
    """The mark; below all others where there is none."""
    share = mark_student("ada", attempts, Terms(policy, extension, tuple(outages or ()))).share
    return -1.0 if share is None else share


def make_extension(due: float | None = None, closes: float | None = None, attempts: int | None = None) -> Extension:
    return Extension("ada", due, closes, attempts, "staff", "ill", 0)


@given(ATTEMPTS, GRADED, POLICIES)
def test_another_attempt_never_lowers_the_best(attempts: list[Attempt], new_attempt: Attempt, policy: Policy) -> None:
    assert mark([*attempts, new_attempt], best_of(policy)) >= mark(attempts, best_of(policy))


@given(ATTEMPTS, GRADED, POLICIES, MOMENTS)
def test_handing_in_earlier_never_lowers_the_best(
    attempts: list[Attempt], attempt: Attempt, policy: Policy, earlier_time: float
) -> None:
    earlier_attempt = replace(attempt, created=min(attempt.created, earlier_time))
    assert mark([*attempts, earlier_attempt], best_of(policy)) >= mark([*attempts, attempt], best_of(policy))


@given(ATTEMPTS, GRADED, POLICIES, SHARES)
def test_a_higher_mark_never_lowers_the_best(
    attempts: list[Attempt], lower: Attempt, policy: Policy, share: float
) -> None:
    higher = replace(lower, share=max(lower.share or 0, share))
    assert mark([*attempts, higher], best_of(policy)) >= mark([*attempts, lower], best_of(policy))


@given(ATTEMPTS, POLICIES, MOMENTS, OUTAGES)
def test_a_later_due_never_lowers_a_mark(
    attempts: list[Attempt], policy: Policy, due: float, outages: list[Outage]
) -> None:
    extension = make_extension(due=max(due, policy.due or 0))
    assume(policy.due is not None)
    assert mark(attempts, policy, extension, outages) >= mark(attempts, policy, None, outages)


@given(ATTEMPTS, POLICIES, OUTAGES, OUTAGES)
def test_an_outage_never_lowers_a_mark(
    attempts: list[Attempt], policy: Policy, before: list[Outage], more_outages: list[Outage]
) -> None:
    assert mark(attempts, policy, None, [*before, *more_outages]) >= mark(attempts, policy, None, before)


@given(ATTEMPTS, POLICIES)
def test_lateness_only_lowers_and_stops_at_the_floor(attempts: list[Attempt], policy: Policy) -> None:
    marking = mark_student("ada", attempts, Terms(policy))
    if marking.share is None or marking.raw is None:
        assert all(attempt.share is None for attempt in attempts)
        return
    assert 0 <= marking.share <= marking.raw
    assert marking.share >= min(marking.raw, policy.floor / 100)
    assert (marking.share == marking.raw) or (marking.lateness > policy.grace and policy.late)


@given(st.integers(10**15, 4 * 10**15).map(lambda micros: micros / 1_000_000), st.integers(1, 400))
def test_a_day_late_to_the_second_is_one_day(due: float, days: int) -> None:
    assert late_days(lateness(due + days * 86_400, due, 0)) == days
    assert late_days(lateness(due + days * 86_400 + 0.001, due, 0)) == days + 1


@given(ATTEMPTS, POLICIES, st.randoms())
def test_the_order_in_which_attempts_come_does_not_matter(
    attempts: list[Attempt], policy: Policy, random: Random
) -> None:
    shuffled_attempts = random.sample(attempts, len(attempts))
    assert mark_student("ada", shuffled_attempts, Terms(policy)) == mark_student("ada", attempts, Terms(policy))


@given(ATTEMPTS, POLICIES, MOMENTS)
def test_an_attempt_that_waits_changes_no_mark(attempts: list[Attempt], policy: Policy, created_at: float) -> None:
    marking = mark_student("ada", [*attempts, Attempt("w", created_at, None)], Terms(policy))
    assert marking.share == mark_student("ada", attempts, Terms(policy)).share
    assert (marking.pending, marking.attempts) == (True, len(attempts) + 1)


@given(ATTEMPTS, POLICIES, MOMENTS, MOMENTS, st.integers(1, 5))
def test_what_was_taken_counts_whatever_the_limits_become(
    attempts: list[Attempt], policy: Policy, opens: float, closes: float, attempt_limit: int
) -> None:
    stricter = replace(policy, opens=opens, closes=closes, attempts=attempt_limit)
    assert mark(attempts, stricter) == mark(attempts, policy)


@given(POLICIES, MOMENTS, MOMENTS, st.integers(0, 6), MOMENTS, OUTAGES)
def test_an_extension_or_an_outage_never_shuts_anybody_out(
    policy: Policy, closes: float, now: float, attempts_used: int, due: float, outages: list[Outage]
) -> None:
    policy = replace(policy, closes=closes)
    if may_hand_in(now, attempts_used, limits(policy)) is None:
        extension = make_extension(due, max(closes, due), 6 if policy.attempts else None)
        assert may_hand_in(now, attempts_used, limits(policy, make_extension(due), outages)) is None
        assert may_hand_in(now, attempts_used, limits(policy, extension, outages)) is None


@given(POLICIES, MOMENTS, MOMENTS, MOMENTS, OUTAGES)
def test_an_extended_due_can_be_met(
    policy: Policy, closes: float, due: float, now: float, outages: list[Outage]
) -> None:
    own_limits = limits(replace(policy, closes=closes), make_extension(due), outages)
    refusal = may_hand_in(now, 0, own_limits)
    assert own_limits.due is not None
    assert refusal is None or (refusal.bar is Bar.CLOSED and now >= own_limits.due)


@given(st.integers(100_000, 4_000_000_000), ZONES)
@example(1824942600, ZoneInfo("Europe/Zurich"))
@example(1824946200, ZoneInfo("Europe/Zurich"))
def test_a_time_that_is_written_is_read_as_the_same(seconds: int, zone: ZoneInfo) -> None:
    assert read_time(write_time(seconds, zone), zone.key) == seconds


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)), ZONES)  # noqa: DTZ001 - as clocks on walls show them
@example(datetime(2027, 3, 28, 2, 30), ZoneInfo("Europe/Zurich"))  # noqa: DTZ001
@example(datetime(2027, 10, 31, 2, 30), ZoneInfo("Europe/Zurich"))  # noqa: DTZ001
def test_a_local_time_is_the_last_moment_at_which_clocks_show_it(local: datetime, zone: ZoneInfo) -> None:
    text = local.isoformat(timespec="minutes")
    printed_times = {
        moment
        for fold in (0, 1)
        if _wall(moment := local.replace(second=0, microsecond=0, tzinfo=zone, fold=fold).timestamp(), zone) == text
    }
    if printed_times:
        assert read_time(text, zone.key) == max(printed_times)
        return
    try:
        read_time(text, zone.key)
    except BadTime as error:
        after = str(error).rpartition("write ")[2].rstrip(".")
        assert after > text.replace("T", " ")
        assert read_time(after, zone.key)
    else:
        raise AssertionError(text)


def _wall(seconds: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
