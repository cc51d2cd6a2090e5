"""Regrades: chosen, previewed beside the verdicts that hold, cancelled and resumed, asked for twice."""

from typing import Any

import pytest

from backmark.grader.model.records import Job, Kind
from backmark.grader.model.regrades import Change, Mode, Phase, RegradeProgress, Which
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.errors import WrongPhase
from backmark.grader.store.regrades import report as reports
from backmark.grader.store.store import Store
from tests.store import regrading
from tests.store.making import end_lease
from tests.store.making import now as submission
from tests.store.regrading import (
    apply_regrade,
    claim_step,
    fail,
    finish_step,
    grade,
    grade_submission,
    hand_in_source,
    now,
    one_chunk,
    phase,
    preview_regrade,
    request_regrade,
    result,
    roll_back,
    rows,
    select_units,
    unit_graded,
    waiting_units,
)


def test_what_is_graded_is_chosen_and_what_waits_or_came_later_is_not(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a")
    hand_in_source(store, "ben", "b")
    name = request_regrade(store)
    grade_submission(store, "cyd", "c")
    finish_step(store, name)
    assert set(rows(store, name)) == {ada_id}
    assert now(store, name).counts.submissions == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"ada 1", "ada 2", "ada 3", "ben 1"}),
        ({"outcomes": ("passed",)}, {"ada 1", "ben 1"}),
        ({"outcomes": ("passed", "failed")}, {"ada 1", "ada 2", "ada 3", "ben 1"}),
        ({"students": ("ada",)}, {"ada 1", "ada 2", "ada 3"}),
        ({"students": ("ada", "ben"), "which": Which.LATEST}, {"ada 3", "ben 1"}),
        ({"which": Which.LATEST}, {"ada 3", "ben 1"}),
        ({"which": Which.BEST}, {"ada 1", "ben 1"}),
        # The latest, if it passed: not the latest of those that passed.
        ({"which": Which.LATEST, "outcomes": ("passed",)}, {"ben 1"}),
        ({"which": Which.BEST, "outcomes": ("failed",)}, set()),
        ({"assignment": "another"}, set()),
        ({"course": "another"}, set()),
    ],
)
def test_a_selection_is_by_outcome_student_and_latest_or_best(
    store: Store, fields: dict[str, Any], expected: set[str]
) -> None:
    grade_submission(store, "ada", "1", 10)
    grade_submission(store, "ada", "2", 4)
    grade_submission(store, "ben", "3", 10)
    grade_submission(store, "ada", "4", 6)
    name = select_units(store, **fields)
    assert {f"{row.entry.student} {row.entry.attempt}" for row in rows(store, name).values()} == expected


@pytest.mark.parametrize(
    ("which_submissions", "expected"), [(Which.ALL, {1, 2}), (Which.LATEST, {2}), (Which.BEST, set())]
)
def test_since_is_a_time_of_acceptance(store: Store, which_submissions: Which, expected: set[int]) -> None:
    """The best was handed in before, so that nothing of the student's is chosen."""
    best_id = grade_submission(store, "ada", "0", 10)
    grade_submission(store, "ada", "1", 4)
    grade_submission(store, "ada", "2", 4)
    since = submission(store, best_id).created + 1e-6
    name = select_units(store, which=which_submissions, since=since)
    assert {(row.entry.attempt or 0) - 1 for row in rows(store, name).values()} == expected


def test_of_equally_good_ones_the_later_is_the_best(store: Store) -> None:
    grade_submission(store, "ada", "1", 6)
    later_id = grade_submission(store, "ada", "2", 6)
    grade_submission(store, "ada", "3", 4)
    assert set(rows(store, select_units(store, which=Which.BEST))) == {later_id}


@pytest.mark.usefixtures("short_chunks")
def test_a_student_has_one_latest_also_over_many_chunks(store: Store) -> None:
    """More attempts than are read at once, of two students by turns."""
    last = [grade_submission(store, ("ada", "ben")[number % 2], str(number), 4) for number in range(9)][-2:]
    assert set(rows(store, select_units(store, which=Which.LATEST))) == set(last)
    assert now(store, request_regrade(store)).counts.submissions == 0


@pytest.mark.usefixtures("short_chunks")
def test_many_submissions_with_three_sources_are_three_units(store: Store) -> None:
    for number in range(12):
        grade_submission(store, f"student-{number}", "abc"[number % 3], 8)
    name = select_units(store)
    regrade = now(store, name)
    assert (regrade.counts.submissions, regrade.counts.sources) == (12, 3)
    assert (regrade.progress.total, regrade.progress.done) == (3, 0)
    assert grade(store, {"a": result(10), "b": result(8), "c": result(2)}) == 3
    counts = now(store, name).counts
    assert (counts.up, counts.same, counts.down) == (4, 4, 4)
    assert apply_regrade(store, name).counts.applied == 12


def test_the_same_bytes_as_notebook_and_as_script_are_two_units(store: Store) -> None:
    grade_submission(store, "ada", "a", filename="a.IPYNB")
    grade_submission(store, "ben", "a", filename="b.ipynb")
    grade_submission(store, "cyd", "a", filename="a.py")
    name = select_units(store)
    assert now(store, name).counts.sources == 2


def test_a_selection_of_nothing_is_previewed_at_once(store: Store) -> None:
    name = select_units(store)
    assert phase(store, name) is Phase.PREVIEWED
    assert apply_regrade(store, name).phase is Phase.APPLIED


def test_the_report_says_who_changes_and_why(store: Store) -> None:
    up_id = grade_submission(store, "ada", "a", 8, failing_rows=("any_shape",))
    down_id = grade_submission(store, "ben", "b", 10)
    same_id = grade_submission(store, "cyd", "c", 8, failing_rows=("any_shape",))
    verdicts = {
        "a": result(10),
        "b": result(8, failing_rows=("relu_derivative",)),
        "c": result(8, failing_rows=("bias_gradient",)),
    }
    name = preview_regrade(store, verdicts)
    rows_by_id = rows(store, name)
    assert {submission_id: row.change for submission_id, row in rows_by_id.items()} == {
        up_id: Change.UP,
        down_id: Change.DOWN,
        same_id: Change.SAME,
    }
    assert rows_by_id[up_id].newly_passing == ("any_shape",)
    assert rows_by_id[down_id].newly_failing == ("relu_derivative",)
    assert (rows_by_id[same_id].newly_failing, rows_by_id[same_id].newly_passing) == (
        ("bias_gradient",),
        ("any_shape",),
    )
    counts = now(store, name).counts
    assert (counts.up, counts.down, counts.same) == (1, 1, 1)
    assert counts.newly_failing == {"bias_gradient": 1, "relu_derivative": 1}
    assert counts.newly_passing == {"any_shape": 2}


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (result(16, max_score=20), Change.SAME),
        (result(17, max_score=20), Change.UP),
        (result(15, max_score=20), Change.DOWN),
        (result(8, outcome="passed"), Change.UP),
        (result(8, outcome="error"), Change.SAME),
        (result(0, max_score=0, outcome="rejected"), Change.DOWN),
    ],
)
def test_marks_are_compared_by_their_share_and_then_by_whether_it_passed(
    store: Store, after: Verdict, change: Change
) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": after})
    assert rows(store, name)[ada_id].change is change
    counts = now(store, name).counts
    assert {Change.UP: counts.up, Change.DOWN: counts.down, Change.SAME: counts.same}[change] == 1


@pytest.mark.parametrize(
    ("outcomes", "change"), [(("rejected", "failed"), Change.UP), (("failed", "rejected"), Change.DOWN)]
)
def test_a_refused_file_ranks_below_a_zero(store: Store, outcomes: tuple[str, str], change: Change) -> None:
    """It has no marks: without this neither was listed among the changes."""
    ada_id = grade_submission(store, "ada", "a", 0, outcome=outcomes[0])
    name = preview_regrade(store, {"a": result(0, outcome=outcomes[1])})
    assert rows(store, name)[ada_id].change is change


def test_a_preview_changes_nothing(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    before = submission(store, ada_id), store.submissions.verdict(ada_id)
    preview_regrade(store, {"a": 2})
    assert (submission(store, ada_id), store.submissions.verdict(ada_id)) == before


def test_a_page_of_the_report_leads_to_the_next(store: Store) -> None:
    for number in range(25):
        grade_submission(store, f"student-{number}", str(number % 5), 8)
    name = preview_regrade(store, {"0": 10, "1": 2, "2": 8, "3": 8, "4": 8})
    report = store.regrades.report(name)
    first = report.page(frozenset(), 10)
    second = report.page(frozenset(), 10, first.next_cursor)
    third = report.page(frozenset(), 10, second.next_cursor)
    students = [row.entry.student for page in (first, second, third) for row in page.items]
    assert students == [f"student-{number}" for number in reversed(range(25))]
    assert third.next_cursor is None
    moved_rows = report.page(frozenset({Change.UP, Change.DOWN}), 100)
    assert {row.entry.student for row in moved_rows.items} == {f"student-{n}" for n in range(25) if n % 5 < 2}


def test_a_page_for_which_much_is_passed_over_is_short_and_leads_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a look at hundreds of thousands, of which few match."""
    monkeypatch.setattr(reports, "_CHUNK", 3)
    monkeypatch.setattr(reports, "_MOST", 6)
    for number in range(20):
        grade_submission(store, f"student-{number}", "moved" if number % 10 == 0 else "same", 8)
    report = store.regrades.report(preview_regrade(store, {"moved": 10, "same": 8}))
    pages = [report.page(frozenset({Change.UP}), 5)]
    while pages[-1].next_cursor is not None:
        pages.append(report.page(frozenset({Change.UP}), 5, pages[-1].next_cursor))
    assert [row.entry.student for page in pages for row in page.items] == ["student-10", "student-0"]
    assert len(pages) == 4
    assert len(list(report.all(frozenset()))) == 20


def test_progress_counts_sources_and_estimates_by_the_pace_so_far(store: Store) -> None:
    for number in range(4):
        grade_submission(store, f"student-{number}", str(number))
    name = select_units(store)
    assert now(store, name).eta_seconds is None
    first, second, *_ = waiting_units(store)
    claim = store.jobs.claim(first)
    assert claim is not None
    assert unit_graded(store, claim, result(8))
    fail(store, second)
    regrade = now(store, name)
    assert regrade.progress == RegradeProgress(4, 1, 1)
    assert regrade.eta_seconds is not None
    assert regrade.eta_seconds >= 0


def test_a_unit_that_could_not_be_graded_changes_no_mark_and_can_be_retried(store: Store) -> None:
    ada_id, ben_id = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "a", 8)
    grade_submission(store, "cyd", "c", 8)
    name = select_units(store)
    bad_unit, good_unit = sorted(waiting_units(store), key=lambda unit: rows_of(store, name, unit), reverse=True)
    fail(store, bad_unit)
    assert phase(store, name) is Phase.PREVIEWING
    grade(store, {"c": result(10)})
    regrade = now(store, name)
    assert (regrade.phase, regrade.counts.could_not_be_graded, regrade.counts.up) == (Phase.PREVIEWED, 2, 1)
    assert rows(store, name)[ada_id].failure == "no jail"

    regrade, nudges = store.regrades.resume(name)
    assert (regrade.phase, nudges, waiting_units(store)) == (Phase.PREVIEWING, 1, [bad_unit])
    assert regrade.counts.could_not_be_graded == 0
    fail(store, bad_unit)
    assert apply_regrade(store, name).counts.applied == 1
    assert submission(store, ada_id).verdict == submission(store, ben_id).verdict == 1
    assert good_unit.id != bad_unit.id


def rows_of(store: Store, name: str, unit: Job) -> int:
    """How many submissions a unit grades."""
    return sum(row.entry.unit == unit.id for row in rows(store, name).values())


def test_a_unit_whose_workers_all_die_is_one_that_could_not_be_graded(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = select_units(store)
    (unit,) = waiting_units(store)
    for _ in range(3):
        claim = store.jobs.claim(unit)
        assert claim is not None
        end_lease(store, claim)
        store.jobs.requeue_lost()
    regrade = now(store, name)
    assert (regrade.phase, regrade.counts.could_not_be_graded) == (Phase.PREVIEWED, 1)
    assert rows(store, name)[ada_id].failure == "its worker gave no sign of life, 3 times"


def test_a_verdict_of_a_worker_that_was_taken_for_dead_is_dropped(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = select_units(store)
    (unit,) = waiting_units(store)
    late_claim = store.jobs.claim(unit)
    assert late_claim is not None
    end_lease(store, late_claim)
    store.jobs.requeue_lost()
    grade(store, {"a": result(10)})
    assert not unit_graded(store, late_claim, result(0))
    assert rows(store, name)[ada_id].change is Change.UP
    assert now(store, name).counts.down == 0


def test_a_unit_whose_answer_was_lost_counts_once(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    name = select_units(store)
    (unit,) = waiting_units(store)
    claim = store.jobs.claim(unit)
    assert claim is not None
    assert unit_graded(store, claim, result(10))
    assert unit_graded(store, claim, result(10))
    assert (now(store, name).counts.up, now(store, name).progress.done) == (1, 1)


@pytest.mark.nightly
def test_units_are_let_into_the_queue_as_others_end(store: Store) -> None:
    for number in range(1003):
        grade_submission(store, f"student-{number}", str(number))
    name = select_units(store)
    units = waiting_units(store)
    assert len(units) == 1000
    claim = store.jobs.claim(units[0])
    assert claim is not None
    assert unit_graded(store, claim, result(8))
    assert len(waiting_units(store)) == 1000
    fail(store, units[1])
    assert len(waiting_units(store)) == 1000
    store.regrades.cancel(name)
    assert waiting_units(store) == []
    store.regrades.resume(name)
    assert len(waiting_units(store)) == 1000
    assert grade(store, {str(number): result(8) for number in range(1003)}) == 1002
    assert phase(store, name) is Phase.PREVIEWED


@pytest.mark.usefixtures("short_chunks")
def test_choosing_goes_on_where_a_dead_worker_stopped(store: Store) -> None:
    for number in range(9):
        grade_submission(store, f"student-{number}", str(number % 3))
    name = request_regrade(store)
    dead = claim_step(store, name)
    assert one_chunk(store, dead)
    end_lease(store, dead)
    assert store.jobs.requeue_lost() == [Job(Kind.REGRADE, name)]
    second_claim = claim_step(store, name)
    assert store.regrade_steps.choose(dead) is None
    while one_chunk(store, second_claim):
        assert now(store, name).phase is Phase.PREPARING
    assert (now(store, name).counts.submissions, now(store, name).counts.sources) == (9, 3)
    # The last answer was lost: it is asked again, and nothing happens twice.
    assert store.regrade_steps.choose(second_claim) is not None
    assert now(store, name).counts.submissions == 9


@pytest.mark.parametrize("phase_of_stop", [Phase.PREPARING, Phase.PREVIEWING, Phase.PREVIEWED])
def test_a_cancelled_regrade_goes_on_where_it_was(store: Store, phase_of_stop: Phase) -> None:
    ada_id, ben_id = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    name = request_regrade(store)
    held_claim = claim_step(store, name) if phase_of_stop is Phase.PREPARING else None
    if phase_of_stop is not Phase.PREPARING:
        finish_step(store, name)
        held_claim = store.jobs.claim(waiting_units(store)[0])
    if phase_of_stop is Phase.PREVIEWED:
        assert held_claim is not None
        assert store.jobs.hand_back(held_claim)
        grade(store, {"a": result(10), "b": result(10)})
    assert phase(store, name) is phase_of_stop
    regrade = store.regrades.cancel(name)
    assert (regrade.phase, regrade.stopped_in) == (Phase.CANCELLED, phase_of_stop)
    assert store.regrades.cancel(name).phase is Phase.CANCELLED
    assert held_claim is not None
    assert not store.jobs.beat(held_claim)
    assert waiting_units(store) == []
    assert store.jobs.running() == 0

    _, nudges = store.regrades.resume(name)
    assert nudges == {Phase.PREPARING: 1, Phase.PREVIEWING: 2, Phase.PREVIEWED: 0}[phase_of_stop]
    if phase_of_stop is Phase.PREPARING:
        finish_step(store, name)
    grade(store, {"a": result(10), "b": result(10)})
    assert set(rows(store, name)) == {ada_id, ben_id}
    assert now(store, name).counts.up == 2
    assert phase(store, name) is Phase.PREVIEWED


def test_a_step_that_fails_for_good_says_why_and_can_be_resumed(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    name = request_regrade(store)
    fail(store, Job(Kind.REGRADE, name))
    regrade = now(store, name)
    assert (regrade.phase, regrade.stopped_in, regrade.failure) == (Phase.FAILED, Phase.PREPARING, "no jail")
    regrade, nudges = store.regrades.resume(name)
    assert (regrade.phase, regrade.failure, nudges) == (Phase.PREPARING, None, 1)
    finish_step(store, name)
    grade(store, {"a": result(10)})
    store.regrades.apply(name, Mode.WHOLE)
    fail(store, Job(Kind.REGRADE, name))
    assert phase(store, name) is Phase.FAILED
    store.regrades.resume(name)
    finish_step(store, name)
    assert now(store, name).counts.applied == 1


def test_what_does_not_fit_the_phase_is_refused_and_changes_nothing(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    name, regrades = request_regrade(store), store.regrades
    with pytest.raises(WrongPhase, match="preparing"):
        regrades.apply(name, Mode.WHOLE)
    with pytest.raises(WrongPhase, match="preparing"):
        regrades.roll_back(name)
    assert regrades.resume(name)[1] == 0
    finish_step(store, name)
    grade(store, {"a": result(10)})
    with pytest.raises(WrongPhase, match="previewed"):
        regrades.resume(name)
    apply_regrade(store, name)
    with pytest.raises(WrongPhase, match="applied"):
        regrades.cancel(name)
    with pytest.raises(WrongPhase, match="applied"):
        regrades.resume(name)
    with pytest.raises(WrongPhase, match="applied"):
        regrades.apply(name, Mode.NEVER_LOWER)


def test_what_is_asked_for_again_is_as_it_was(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    apply_regrade(store, name)
    assert store.regrades.apply(name, Mode.WHOLE).phase is Phase.APPLIED
    roll_back(store, name)
    assert store.regrades.roll_back(name).phase is Phase.ROLLED_BACK
    with pytest.raises(WrongPhase, match="rolled_back"):
        store.regrades.apply(name, Mode.WHOLE)
    assert submission(store, ada_id).verdict == 1


def test_there_is_no_regrade_that_nobody_asked_for(store: Store) -> None:
    assert store.regrades.get("nothing") is None
    for wish in ("cancel", "resume", "roll_back"):
        with pytest.raises(LookupError):
            getattr(store.regrades, wish)("nothing")


def test_a_course_lists_its_own_newest_first(store: Store) -> None:
    names = [request_regrade(store, which=which_submissions) for which_submissions in Which]
    request_regrade(store, course="another")
    first = store.regrades.list(regrading.COURSE, 2)
    last_page = store.regrades.list(regrading.COURSE, 2, first.next_cursor)
    assert [regrade.id for regrade in (*first.items, *last_page.items)] == names[::-1]
    assert last_page.next_cursor is None
