"""What is said of wrong answers to a contract: true on every case, and of each generic mistake what it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backmark.grader.assignments
from backmark.grader.contracts.cases.answers import Answer, Raised, Returned
from backmark.grader.contracts.judging.revision import ContractRevision, dump, load
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.naming.factors import list_factors
from backmark.grader.contracts.naming.numeric import find_numeric
from tests.contracts.making import build, contract, judge
from tests.contracts.naming.planting import (
    REGULARISED_MISTAKE,
    Edit,
    build_gated,
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
def two_upstreams() -> ContractRevision:
    return make_revision(build_gated())


@pytest.fixture(scope="module")
def two_terms() -> ContractRevision:
    return make_revision(build_regularised())


def names(revision: ContractRevision, answers: list[Answer]) -> list[str]:
    """The ids of the diagnoses."""
    return [diagnosis.id for diagnosis in diagnose(revision, answers)]


FACTORS: dict[str, Edit] = {
    "times_2": lambda right, _, __: right * 2,
    "divided_by_2": lambda right, _, __: right / 2,
    "wrong_sign": lambda right, _, __: -right,
    "zero": lambda right, _, __: 0 * right,
    "times_N": lambda right, _, dims: right * dims["N"],
    "divided_by_N": lambda right, _, dims: right / dims["N"],
    "times_2_over_N": lambda right, _, dims: right * 2 / dims["N"],
    "divided_by_M": lambda right, _, dims: right / dims["M"],
    "divided_by_N_M": lambda right, _, dims: right / dims["N"] / dims["M"],
    "wrong_sign_divided_by_N": lambda right, _, dims: -right / dims["N"],
    "divided_by_x_size": lambda right, _, dims: right / (dims["N"] * dims["D"]),
}


@pytest.mark.parametrize("row", ["out", "dx", "dw"])
@pytest.mark.parametrize("name", FACTORS)
def test_a_factor_is_named_by_the_dims_that_it_is_made_of(row: str, name: str, affine: ContractRevision) -> None:
    factor = "divided_by_N_D" if name == "divided_by_x_size" else name
    assert names(affine, plant(affine, row, FACTORS[name])) == [f"{row}:{factor}"]


def test_the_sentence_follows_it_and_says_the_numbers(affine: ContractRevision) -> None:
    (diagnosis,) = diagnose(affine, plant(affine, "dw", FACTORS["divided_by_N"]))
    assert diagnosis.title == "Your code returns `dw` divided by `N`."
    assert diagnosis.strong_hint == "Your code returns `dw` divided by `N`."
    assert diagnosis.hint.startswith("Divide your `dw` by the expected values")
    assert diagnosis.hint.endswith("?")
    assert "`N`" not in diagnosis.hint
    assert diagnosis.names == ("dw",)
    assert [(mistake.id, mistake.title) for mistake in diagnosis.mistakes] == [
        ("dw:divided_by_N", "returns `dw` divided by `N`")
    ]


def test_results_that_go_wrong_alike_are_named_together(affine: ContractRevision) -> None:
    first, second = (plant(affine, row, FACTORS["times_N"]) for row in ("dx", "dw"))
    (diagnosis,) = diagnose(affine, _join(affine, first, second))
    assert (diagnosis.id, diagnosis.title) == ("dx,dw:times_N", "Your code returns `dx` and `dw` multiplied by `N`.")
    assert diagnosis.hint.startswith("Divide your `dx` by the expected values")


def test_results_that_go_wrong_in_two_ways_have_a_statement_each(affine: ContractRevision) -> None:
    first, second = plant(affine, "dx", FACTORS["times_N"]), plant(affine, "dw", FACTORS["zero"])
    (diagnosis,) = diagnose(affine, _join(affine, first, second))
    assert diagnosis.id == "dx:times_N+dw:zero"
    assert diagnosis.title == "Your code returns `dx` multiplied by `N` and returns `dw` as zero."


def test_nothing_is_claimed_of_a_number_that_is_one_in_every_case(affine: ContractRevision) -> None:
    """A contract checks something by it: no line of the student's computes it."""
    cases = replace(affine.cases, expected=np.ones_like(affine.cases.expected))
    (group,) = affine.contract.diagnoser.groups["dw"]
    zeros = np.zeros_like(cases.expected)
    assert find_numeric(cases, list_factors(cases), affine.terms, group, zeros) == []
    assert find_numeric(affine.cases, list_factors(cases), affine.terms, group, zeros) != []


def _join(revision: ContractRevision, first: list[Answer], second: list[Answer]) -> list[Answer]:
    """Answers that are wrong where either is."""
    answers: list[Answer] = []
    for true, first_answer, second_answer in zip(right(revision), first, second, strict=True):
        assert first_answer.numbers is not None
        assert second_answer.numbers is not None
        answers.append(Returned(first_answer.numbers + second_answer.numbers - true))
    return answers


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        (lambda right, _, __: right.T, "transposed"),
        (lambda right, _, __: right.ravel(), "flat"),
        (lambda right, _, __: right[None], "extra_axis_of_1"),
        (lambda right, _, __: np.tile(right, (3, 1, 1)), "axis_more"),
        (lambda right, _, __: right.sum(axis=0), "axis_less"),
        (lambda right, _, __: right.reshape(1, -1, 1, right.shape[-1], 1)[..., 0], "extra_axis_of_1"),
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
    [(lambda right, _, __: right.ravel(), "flat"), (lambda right, _, __: np.squeeze(right), "lacks_axis_of_1")],
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
    def reshape(right: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", _: object, __: object) -> object:
        return right.T if right.shape[0] == right.shape[1] else right.reshape(right.shape[::-1])

    def shape_alone(right: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", _: object, __: object) -> object:
        return right.reshape(right.shape[::-1])

    assert names(affine, plant(affine, "dw", reshape)) == ["dw:transposed"]  # type: ignore[arg-type]
    assert names(affine, plant(affine, "dw", shape_alone)) == ["dw:reversed_shape"]  # type: ignore[arg-type]


TERMS: dict[str, Edit] = {
    "without_{}": lambda right, parts, _: right - parts["{}"],
    "{}_times_2": lambda right, parts, _: right + parts["{}"],
    "{}_wrong_sign": lambda right, parts, _: right - 2 * parts["{}"],
    "{}_divided_by_2": lambda right, parts, _: right - parts["{}"] / 2,
    "{}_divided_by_N": lambda right, parts, dims: right - parts["{}"] + parts["{}"] / dims["N"],
}


@pytest.mark.parametrize("upstream", ["dh", "dc"])
@pytest.mark.parametrize("name", TERMS)
def test_the_part_of_an_upstream_gradient_is_named(name: str, upstream: str, two_upstreams: ContractRevision) -> None:
    def edit(right: object, parts: dict[str, object], dims: object) -> object:
        return TERMS[name](right, {"{}": parts[upstream]}, dims)  # type: ignore[arg-type, dict-item]

    for row in ("dx", "dc_before", "dw"):
        assert names(two_upstreams, plant(two_upstreams, row, edit)) == [  # type: ignore[arg-type]
            f"{row}:{name.format(upstream)}"
        ]


@pytest.mark.parametrize("term", ["data", "reg"])
@pytest.mark.parametrize("name", TERMS)
def test_the_part_of_a_term_of_the_loss_is_named(name: str, term: str, two_terms: ContractRevision) -> None:
    def edit(right: object, parts: dict[str, object], dims: object) -> object:
        return TERMS[name](right, {"{}": parts[term]}, dims)  # type: ignore[arg-type, dict-item]

    for row in ("loss", "grads_w"):
        assert names(two_terms, plant(two_terms, row, edit)) == [f"{row}:{name.format(term)}"]  # type: ignore[arg-type]


def test_of_a_result_that_one_term_alone_makes_the_factor_is_named(two_terms: ContractRevision) -> None:
    assert names(two_terms, plant(two_terms, "grads_b", FACTORS["zero"])) == ["grads_b:zero"]


def test_the_assignments_own_mistakes_come_before_what_they_are_made_of(packaged_affine: ContractRevision) -> None:
    mistakes = packaged_affine.assignment.mistakes
    diagnoses = [judge(packaged_affine, mistake.source).diagnosis for mistake in mistakes]
    assert [[(named.id, named.title, named.hint) for named in explanations] for explanations in diagnoses] == [
        [(mistake.id, f"Your code {mistake.title}.", mistake.hint)] for mistake in mistakes
    ]


def test_an_own_mistake_beside_another_one_is_still_recognised(packaged_affine: ContractRevision) -> None:
    mistake = next(own_mistake for own_mistake in packaged_affine.assignment.mistakes if own_mistake.id == "bias_mean")
    (diagnosis,) = judge(
        packaged_affine, mistake.source.replace("return dx, dw, db", "return dx, 2 * dw, db")
    ).diagnosis
    assert diagnosis.id == "bias_mean+dw:times_2"
    assert diagnosis.title == f"Your code {mistake.title} and returns `dw` multiplied by `2`."


def test_an_own_mistake_is_not_named_for_a_part_of_its_rows(two_terms: ContractRevision) -> None:
    source = REGULARISED_MISTAKE.replace("np.array([error.sum()])", "np.array([0.0])")
    (diagnosis,) = judge(two_terms, source).diagnosis
    assert diagnosis.id == "grads_b:zero"


@given(data=st.data())
def test_another_linear_change_is_not_said_to_be_any_of_these(data: st.DataObject, affine: ContractRevision) -> None:
    row = data.draw(st.sampled_from(["out", "dx", "dw", "db"]))
    factor = data.draw(st.floats(-3, 3).filter(lambda f: min(abs(f - k) for k in (0, 1, -1, 2, -2, 0.5, -0.5)) > 1e-3))
    bend = data.draw(st.sampled_from(["scale", "shift", "cases", "rows"]))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))

    def edit(right: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", _: object, __: object) -> object:
        match bend:
            case "scale":
                return right * factor
            case "shift":
                return right + factor
            case "cases":
                return right * rng.uniform(0.5, 2)
        return right * rng.choice([2.0, 1.0], right.shape)

    answers = plant(affine, row, edit)  # type: ignore[arg-type]
    assert diagnose(affine, answers) == ()


@given(weights=st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_another_sum_of_the_parts_is_not_said_to_be_any_of_these(
    weights: tuple[float, float], two_upstreams: ContractRevision
) -> None:
    first, second = weights
    if any(min(abs(weight - plain_weight) for plain_weight in (0, 1, 2, 0.5)) < 1e-3 for weight in map(abs, weights)):
        return
    if abs(first - second) < 1e-3:
        return
    answers = plant(two_upstreams, "dx", lambda _, parts, __: first * parts["dh"] + second * parts["dc"])
    assert diagnose(two_upstreams, answers) == ()


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
    answers = plant(affine, "dw", FACTORS["times_2"])
    answers[7] = Returned(right(affine)[7] * 1.5)
    assert diagnose(affine, answers) == ()


def test_a_result_that_is_missing_on_a_case_is_not_explained(affine: ContractRevision) -> None:
    answers = plant(affine, "dw", FACTORS["times_2"])
    numbers = answers[7].numbers
    assert numbers is not None
    answers[7] = Raised("ValueError", "no", numbers=np.full(len(numbers), np.nan))
    assert diagnose(affine, answers) == ()


def test_a_dim_that_never_varies_is_named_by_no_factor() -> None:
    fixed = contract()
    fixed = replace(fixed, dims=tuple(replace(dim, least=2, most=2) if dim.name == "N" else dim for dim in fixed.dims))
    revision = build(fixed)
    assert names(revision, plant(revision, "dw", FACTORS["times_N"])) == ["dw:times_2"]


def test_answers_that_differ_from_time_to_time_are_not_explained(affine: ContractRevision) -> None:
    source = affine.assignment.solution.replace("def affine_backward", "calls = []\n\n\ndef affine_backward").replace(
        "return dx, dw, db", "calls.append(1)\n    return dx, dw * (2 if len(calls) % 2 else 1), db"
    )
    assert judge(affine, source).diagnosis == ()


def test_a_stored_revision_explains_the_same(two_terms: ContractRevision) -> None:
    revision = load(dump(two_terms))
    assert revision.terms == ("data", "reg")
    assert dump(revision) == dump(two_terms)
    source = two_terms.assignment.mistakes[0].source
    assert judge(revision, source).diagnosis == judge(two_terms, source).diagnosis != ()
