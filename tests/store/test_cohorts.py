"""A class's figures follow the verdicts that hold, through regrades and deletion."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.records import State
from backmark.grader.model.regrades import Phase
from backmark.grader.model.verdict import NamedMistake, Verdict
from backmark.grader.store.cohorts import HOUR, Cohort, CohortMistake, CohortSubmission, figure
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, finish_job, list_remains, new, now, replace_verdict, verdict
from tests.store.regrading import apply_regrade, phase, preview_regrade, result, roll_back

MASK, SIGN = ("mask", "Leaves out the mask"), ("sign", "Has the wrong sign")
DOES = {"mask": "leaves out the mask", "sign": "has the wrong sign"}


def explained_verdict(*explanations: str, score: int = 8, outcome: str = "failed") -> Verdict:
    """A verdict with these explanations, the best first; two mistakes at once are joined by a plus."""
    diagnosis = [
        {
            "id": explanation,
            "title": "It errs.",
            "mistakes": [{"id": name, "title": DOES[name]} for name in explanation.split("+")],
        }
        for explanation in explanations
    ]
    return verdict(outcome, score=score, diagnosis=diagnosis)


NAMED_VERDICT = explained_verdict("mask")
OTHERWISE = NamedMistake("mask", "forgets it")


def grade_submission(store: Store, result_object: Verdict, student: str = "ada", source: bytes = b"1") -> str:
    name = accept(store, new(student, source))
    assert store.submissions.finish(claim_job(store, name), result_object)
    return name


def cohort(store: Store) -> Cohort:
    return store.cohorts.read("cs101", "udl-7.2")


def count_mistakes(store: Store) -> dict[str, tuple[int, int]]:
    """Submissions and students by mistake."""
    return {mistake.id: (mistake.submissions, mistake.students) for mistake in cohort(store).mistakes}


def test_a_class_that_handed_in_nothing_has_no_figures(store: Store) -> None:
    assert cohort(store) == Cohort({}, (), ())
    assert (cohort(store).students, cohort(store).attempts, cohort(store).graded) == (0, 0, 0)


def test_mistakes_are_counted_by_submissions_and_by_students(store: Store) -> None:
    grade_submission(store, explained_verdict("mask"))
    grade_submission(store, explained_verdict("mask", "sign"))
    grade_submission(store, explained_verdict("mask+sign"), "bob")
    grade_submission(store, explained_verdict(), "cy")
    assert cohort(store).mistakes == (CohortMistake(*MASK, 3, 2), CohortMistake(*SIGN, 1, 1))
    assert cohort(store).outcomes == {"failed": 4}


STATEMENT = {"kind": "replace", "lines": [], "source": "", "read": "", "hint": ""}
WEIGHTS = STATEMENT | {"rows": ["dw"], "titles": ["Gradient of the weights"]}
BOTH = STATEMENT | {"rows": ["dw", "db"], "titles": ["Gradient of the weights", "Gradient of the biases"]}
NAMED = {"id": "mask", "title": MASK[1], "mistakes": [{"id": "mask", "title": DOES["mask"]}]}


def test_a_class_is_counted_by_the_rows_that_wrong_lines_cost(store: Store) -> None:
    """Two lines of a row are one."""
    grade_submission(store, verdict("failed", repair=[WEIGHTS, WEIGHTS]))
    first = grade_submission(store, verdict("failed", repair=[BOTH]), "bob")
    assert cohort(store).mistakes == (
        CohortMistake("udl-7.2:dw", "Gradient of the weights", 2, 2),
        CohortMistake("udl-7.2:db", "Gradient of the biases", 1, 1),
    )
    found = store.submissions.list(Filter("cs101", assignment="udl-7.2", mistake="udl-7.2:db")).items
    assert [record.id for record in found] == [first]


def test_a_wrong_line_has_the_assignment_s_own_title_of_its_mistake(store: Store) -> None:
    """Unless another explains the numbers as well, or two are made together: which is in the line is unknown."""
    slip = {"kind": "factor", "before": "a", "after": "b"}
    grade_submission(store, verdict("failed", repair=[WEIGHTS | {"slips": [slip]}], diagnosis=[NAMED]))
    both_made = NAMED | {"mistakes": [*NAMED["mistakes"], {"id": "sign", "title": DOES["sign"]}]}
    for student, explained in (("bob", NAMED | {"apart": "the shapes"}), ("cy", both_made)):
        grade_submission(store, verdict("failed", repair=[WEIGHTS | {"slips": [slip]}], diagnosis=[explained]), student)
    kind = CohortMistake("udl-7.2:dw:factor", "Gradient of the weights: factor missing or unneeded", 2, 2)
    own = CohortMistake("udl-7.2:dw:mistake:mask", "Gradient of the weights: leaves out the mask", 1, 1)
    assert cohort(store).mistakes == (kind, own)


def test_an_assignment_keeps_its_titles_when_another_calls_a_mistake_of_the_same_id_otherwise(store: Store) -> None:
    grade_submission(store, explained_verdict("mask"))
    other = replace(NAMED_VERDICT, diagnosis=(replace(NAMED_VERDICT.diagnosis[0], mistakes=(OTHERWISE,)),))
    for course, assignment in (("cs101", "other"), ("cs202", "udl-7.2")):
        name = accept(store, new("ada", b"1", course=course, assignment=assignment))
        assert store.submissions.finish(claim_job(store, name), other)
    assert [mistake.title for mistake in cohort(store).mistakes] == [MASK[1]]
    assert [mistake.title for mistake in store.cohorts.read("cs101", "other").mistakes] == ["Forgets it"]


def test_submissions_are_found_by_a_mistake(store: Store) -> None:
    first = grade_submission(store, explained_verdict("mask+sign"))
    grade_submission(store, explained_verdict("mask"), "bob")
    mistake_filter = Filter("cs101", assignment="udl-7.2", mistake="sign")
    assert [record.id for record in store.submissions.list(mistake_filter).items] == [first]
    assert now(store, first).mistakes == ("mask", "sign")
    assert store.submissions.list(Filter("cs101", assignment="other", mistake="sign")).items == ()


def test_the_students_who_passed_are_counted_not_their_attempts(store: Store) -> None:
    for score in (3, 5):
        grade_submission(store, explained_verdict(score=score))
    grade_submission(store, verdict("passed"))
    grade_submission(store, verdict("passed"))
    grade_submission(store, explained_verdict(), "bob")
    accept(store, new("cy"))
    assert (cohort(store).handed_in, cohort(store).passed, cohort(store).attempts) == (3, 1, 6)


def test_a_refused_file_is_no_zero_and_no_attempt(store: Store) -> None:
    grade_submission(store, verdict("rejected", score=0))
    finish_job(store, new("bob"))
    grade_submission(store, verdict("rejected", score=0), "bob")
    assert (cohort(store).students, cohort(store).attempts, cohort(store).graded) == (1, 1, 1)
    assert (cohort(store).outcomes, cohort(store).refused) == ({"passed": 1}, 2)


def test_attempts_are_counted_by_the_hour_and_passes_as_they_hold(store: Store) -> None:
    name = finish_job(store)
    accept(store, new("bob"))
    (hour,) = cohort(store).hours
    assert (hour.attempts, hour.passed) == (2, 1)
    assert 0 <= now(store, name).created - hour.start < 3600
    replace_verdict(store, name, 1, verdict("failed"), "regrade")
    assert [(hour_row.attempts, hour_row.passed) for hour_row in cohort(store).hours] == [(2, 0)]


def test_a_regrade_moves_the_figures_and_its_roll_back_moves_them_back(store: Store) -> None:
    grade_submission(store, explained_verdict("mask"), source=b"one")
    before = cohort(store)
    name = preview_regrade(store, {"one": result(10)})
    assert cohort(store) == before
    apply_regrade(store, name)
    assert (cohort(store).outcomes, cohort(store).mistakes) == ({"passed": 1}, ())
    roll_back(store, name)
    assert phase(store, name) is Phase.ROLLED_BACK
    assert cohort(store) == before


def test_a_regrade_brings_the_mistakes_that_it_finds(store: Store) -> None:
    grade_submission(store, verdict(), source=b"one")
    diagnosis = explained_verdict("mask+sign").diagnosis
    apply_regrade(store, preview_regrade(store, {"one": replace(result(4), diagnosis=diagnosis)}))
    assert cohort(store).mistakes == (CohortMistake(*MASK, 1, 1), CohortMistake(*SIGN, 1, 1))


@pytest.mark.parametrize("is_together", [True, False])
def test_nothing_is_left_of_a_class_that_was_deleted(store: Store, is_together: bool) -> None:  # noqa: FBT001 - a parameter
    names = [
        grade_submission(store, explained_verdict("mask+sign")),
        grade_submission(store, explained_verdict("mask")),
        finish_job(store),
        accept(store),
    ]
    if is_together:
        assert store.submissions.delete_student("cs101", "ada") == 4
    else:
        assert all(store.submissions.delete(name) for name in names)
    assert count_mistakes(store) == {}
    assert cohort(store) == Cohort({}, (), ())
    assert list_remains(store) == set()


def test_pages_see_figures_that_are_at_most_half_a_minute_old(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 100.0
    monkeypatch.setattr("backmark.grader.store.cohorts.time.monotonic", lambda: moment)
    finish_job(store)
    # Of a few attempts the figures are the current ones.
    assert store.cohorts.recent("cs101", "udl-7.2").graded == 1
    monkeypatch.setattr("backmark.grader.store.cohorts._FEW", 1)
    finish_job(store)
    assert store.cohorts.recent("cs101", "udl-7.2").graded == 2
    finish_job(store)
    moment = 129.0
    assert store.cohorts.recent("cs101", "udl-7.2").graded == 2
    assert store.cohorts.recent("cs101", "other").graded == 0
    moment = 131.0
    assert store.cohorts.recent("cs101", "udl-7.2").graded == 3


VERDICTS = st.sampled_from([None, "passed", "failed", "failed", "rejected"])
ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.floats(0, 4 * 1000 * HOUR),
        VERDICTS,
        st.lists(st.sampled_from("mno"), unique=True, max_size=2),
    ),
    max_size=12,
).map(
    lambda rows: [
        CohortSubmission(
            f"{place:02}",
            student,
            created_at,
            State.DONE if outcome else State.QUEUED,
            outcome,
            tuple(mistakes) if outcome == "failed" else (),
        )
        for place, (student, created_at, outcome, mistakes) in enumerate(rows)
    ]
)


@given(ATTEMPTS, st.randoms(use_true_random=False))
def test_figures_are_the_sums_over_single_attempts_in_any_order(attempts: list[CohortSubmission], order: Any) -> None:
    whole_cohort = figure(attempts, {"m": "It errs."})
    refused = [attempt for attempt in attempts if attempt.outcome == "rejected"]
    assert (whole_cohort.attempts, whole_cohort.refused) == (len(attempts) - len(refused), len(refused))
    single_cohorts = [figure([attempt], {}) for attempt in attempts]
    assert whole_cohort.outcomes == dict(sum((Counter(single.outcomes) for single in single_cohorts), Counter()))
    assert sum(hour.passed for hour in whole_cohort.hours) == whole_cohort.outcomes.get("passed", 0)
    graded_attempts = [attempt for attempt in attempts if attempt.outcome and attempt not in refused]
    assert whole_cohort.handed_in == len({attempt.student for attempt in attempts if attempt not in refused})
    assert whole_cohort.passed == len({attempt.student for attempt in attempts if attempt.outcome == "passed"})
    assert whole_cohort.students == len({attempt.student for attempt in graded_attempts})
    for mistake in whole_cohort.mistakes:
        explained_students = [attempt.student for attempt in graded_attempts if mistake.id in attempt.mistakes]
        assert (mistake.submissions, mistake.students) == (len(explained_students), len(set(explained_students)))
    order.shuffle(attempts)
    assert figure(attempts, {"m": "It errs."}) == whole_cohort
