"""What is said of wrong answers to a contract: true on every case."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backmark.grader.assignments
from backmark.grader.contracts.cases.answers import Answer, Malformed, Raised, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.judging.revision import ContractRevision, dump, load
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.naming.numeric import find_numeric
from tests.contracts.making import judge
from tests.contracts.naming.planting import (
    REGULARISED_MISTAKE,
    Edit,
    build_regularised,
    diagnose,
    make_revision,
    noise,
    plant,
    right,
)

AFFINE = Path(backmark.grader.assignments.__path__[0]) / "gallery" / "cs231n-affine"


@pytest.fixture(scope="module")
def packaged_affine() -> ContractRevision:
    """The one that ships, without rows: where lines are named, no diagnosis is."""
    assignment = reading.read(AFFINE)
    assert isinstance(assignment, ContractAssignment)
    return make_revision(replace(assignment, rows=()))


@pytest.fixture(scope="module")
def affine(packaged_affine: ContractRevision) -> ContractRevision:
    """The same without mistakes of its own, which come before the generic ones."""
    return replace(packaged_affine, assignment=replace(packaged_affine.assignment, mistakes=()), mistakes={})


@pytest.fixture(scope="module")
def two_terms() -> ContractRevision:
    return make_revision(build_regularised())


def names(revision: ContractRevision, answers: list[Answer]) -> list[str]:
    """The ids of the diagnoses."""
    return [diagnosis.id for diagnosis in diagnose(revision, answers)]


def make_zero(right: Array) -> Array:
    """Zeros in the place of a result."""
    return 0 * right


@pytest.mark.parametrize("row", ["out", "dx", "dw"])
def test_a_result_that_is_zero_everywhere_is_said_to_be(row: str, affine: ContractRevision) -> None:
    (diagnosis,) = diagnose(affine, plant(affine, row, make_zero))
    assert (diagnosis.id, diagnosis.names) == (f"{row}:zero", (row,))
    assert diagnosis.title == diagnosis.strong_hint == f"Your code returns `{row}` as zero."
    assert diagnosis.hint.startswith(f"Follow `{row}` from its first line to its last.")
    assert [(mistake.id, mistake.title) for mistake in diagnosis.mistakes] == [
        (f"{row}:zero", f"returns `{row}` as zero")
    ]


def test_results_that_go_wrong_alike_are_named_together(affine: ContractRevision) -> None:
    first, second = (plant(affine, row, make_zero) for row in ("dx", "dw"))
    (diagnosis,) = diagnose(affine, _join(affine, first, second))
    assert (diagnosis.id, diagnosis.title) == ("dx,dw:zero", "Your code returns `dx` and `dw` as zero.")
    assert diagnosis.hint.startswith("Follow `dx` from its first line")


def test_results_that_go_wrong_in_two_ways_have_a_statement_each(affine: ContractRevision) -> None:
    first, second = plant(affine, "dx", np.ravel), plant(affine, "dw", make_zero)
    (diagnosis,) = diagnose(affine, _join(affine, first, second))
    assert diagnosis.id == "dx:flat+dw:zero"
    assert diagnosis.title == "Your code returns `dx` as a flat array and returns `dw` as zero."


def test_nothing_is_claimed_of_a_number_that_is_one_in_every_case(affine: ContractRevision) -> None:
    """A contract checks something by it: no line of the student's computes it."""
    cases = replace(affine.cases, expected=np.ones_like(affine.cases.expected))
    (group,) = affine.contract.diagnoser.groups["dw"]
    zeros = np.zeros_like(cases.expected)
    assert find_numeric(cases, group, zeros) is None
    assert find_numeric(affine.cases, group, zeros) is not None


def _join(revision: ContractRevision, first: list[Answer], second: list[Answer]) -> list[Answer]:
    """Answers that are wrong where either is."""
    answers: list[Answer] = []
    for true, first_answer, second_answer in zip(right(revision), first, second, strict=True):
        assert first_answer.numbers is not None
        assert second_answer.numbers is not None
        numbers = first_answer.numbers + second_answer.numbers - true
        formed = next((answer for answer in (first_answer, second_answer) if isinstance(answer, Malformed)), None)
        answers.append(Returned(numbers) if formed is None else replace(formed, numbers=numbers))
    return answers


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        (lambda right: right.T, "transposed"),
        (lambda right: right.ravel(), "flat"),
        (lambda right: right[None], "extra_axis_of_1"),
        (lambda right: np.tile(right, (3, 1, 1)), "axis_more"),
        (lambda right: right.sum(axis=0), "axis_less"),
        (lambda right: right.reshape(1, -1, 1, right.shape[-1], 1)[..., 0], "extra_axis_of_1"),
    ],
)
def test_another_shape_is_said_of_the_form(edit: Edit, name: str, affine: ContractRevision) -> None:
    assert names(affine, plant(affine, "dw", edit)) == [f"dw:{name}"]


@pytest.fixture(scope="module")
def relu() -> ContractRevision:
    """A contract about arrays of one to four axes, without mistakes of its own."""
    assignment = reading.read(AFFINE.with_name("cs231n-relu"))
    assert isinstance(assignment, ContractAssignment)
    return make_revision(replace(assignment, mistakes=()))


@pytest.mark.parametrize(
    ("edit", "name"),
    [(lambda right: right.ravel(), "flat"), (np.squeeze, "lacks_axis_of_1")],
)
def test_a_shape_that_a_mistake_leaves_as_it_is_speaks_for_it(edit: Edit, name: str, relu: ContractRevision) -> None:
    answers = plant(relu, "dx", edit)
    assert names(relu, answers) == [f"dx:{name}"]
    # Not if the numbers of that shape are wrong: then there is more to it.
    place = next(i for i, answer in enumerate(answers) if isinstance(answer, Returned))
    numbers = answers[place].numbers
    assert numbers is not None
    answers[place] = Returned(numbers + 1)
    assert names(relu, answers) == []


def test_square_arrays_alone_show_that_an_array_is_transposed(affine: ContractRevision) -> None:
    def reshape(right: Array) -> Array:
        return right.T if right.shape[0] == right.shape[1] else right.reshape(right.shape[::-1])

    def shape_alone(right: Array) -> Array:
        return right.reshape(right.shape[::-1])

    assert names(affine, plant(affine, "dw", reshape)) == ["dw:transposed"]
    assert names(affine, plant(affine, "dw", shape_alone)) == ["dw:reversed_shape"]


def test_the_assignments_own_mistakes_come_before_what_they_are_made_of(packaged_affine: ContractRevision) -> None:
    mistakes = packaged_affine.assignment.mistakes
    diagnoses = [judge(packaged_affine, mistake.source).diagnosis for mistake in mistakes]
    assert [[(named.id, named.title, named.hint) for named in explanations] for explanations in diagnoses] == [
        [(mistake.id, f"Your code {mistake.title}.", mistake.hint)] for mistake in mistakes
    ]


def without_repair(revision: ContractRevision) -> ContractRevision:
    """Return a revision by which nobody looks for wrong lines, which say more than numbers."""
    return replace(revision, assignment=replace(revision.assignment, repair=False), stored=None)


def test_an_own_mistake_beside_another_one_is_still_recognised(packaged_affine: ContractRevision) -> None:
    mistake = next(own_mistake for own_mistake in packaged_affine.assignment.mistakes if own_mistake.id == "bias_mean")
    (diagnosis,) = judge(
        without_repair(packaged_affine), mistake.source.replace("return dx, dw, db", "return dx, 0 * dw, db")
    ).diagnosis
    assert diagnosis.id == "bias_mean+dw:zero"
    assert diagnosis.title == f"Your code {mistake.title} and returns `dw` as zero."


def test_an_own_mistake_is_not_named_for_a_part_of_its_rows(two_terms: ContractRevision) -> None:
    source = REGULARISED_MISTAKE.replace("np.array([error.sum()])", "np.array([0.0])")
    (diagnosis,) = judge(without_repair(two_terms), source).diagnosis
    assert diagnosis.id == "grads_b:zero"


@given(data=st.data())
def test_another_linear_change_is_not_explained(data: st.DataObject, affine: ContractRevision) -> None:
    row = data.draw(st.sampled_from(["out", "dx", "dw", "db"]))
    factor = data.draw(st.floats(-3, 3).filter(lambda f: abs(f) > 1e-3 and abs(f - 1) > 1e-3))
    bend = data.draw(st.sampled_from(["scale", "shift", "cases", "rows"]))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))

    def edit(right: Array) -> Array:
        match bend:
            case "scale":
                return right * factor
            case "shift":
                return right + factor
            case "cases":
                return right * rng.uniform(0.5, 2)
        return right * rng.choice([2.0, 1.0], right.shape)

    answers = plant(affine, row, edit)
    assert diagnose(affine, answers) == ()


@given(seed=st.integers(0, 10**6))
def test_right_answers_have_no_diagnosis_whatever_their_rounding(seed: int, affine: ContractRevision) -> None:
    errors = noise(affine.cases, seed)
    starts = affine.cases.starts
    answers: list[Answer] = [
        Returned(true + errors[start:stop])
        for true, start, stop in zip(right(affine), starts, starts[1:], strict=False)
    ]
    assert diagnose(affine, answers) == ()


def test_a_claim_that_fails_on_one_case_is_not_made(affine: ContractRevision) -> None:
    answers = plant(affine, "dw", make_zero)
    answers[7] = Returned(right(affine)[7] * 1.5)
    assert diagnose(affine, answers) == ()


def test_a_result_that_is_missing_on_a_case_is_not_explained(affine: ContractRevision) -> None:
    answers = plant(affine, "dw", make_zero)
    numbers = answers[7].numbers
    assert numbers is not None
    answers[7] = Raised("ValueError", "no", numbers=np.full(len(numbers), np.nan))
    assert diagnose(affine, answers) == ()


def test_answers_that_differ_from_time_to_time_are_not_explained(affine: ContractRevision) -> None:
    source = affine.assignment.solution.replace("def affine_backward", "calls = []\n\n\ndef affine_backward").replace(
        "return dx, dw, db", "calls.append(1)\n    return dx, dw * (len(calls) % 2), db"
    )
    assert judge(affine, source).diagnosis == ()


def test_a_stored_revision_explains_the_same(two_terms: ContractRevision) -> None:
    revision = load(dump(two_terms))
    assert dump(revision) == dump(two_terms)
    source = two_terms.assignment.mistakes[0].source
    assert judge(revision, source).diagnosis == judge(without_repair(two_terms), source).diagnosis != ()
