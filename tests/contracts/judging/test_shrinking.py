"""Counterexamples have the smallest dims on which a mistake shows, and whole numbers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backmark.grader.contracts.cases import values
from backmark.grader.contracts.cases.draw import draw_ladder
from backmark.grader.contracts.cases.drawn import SIMPLE
from backmark.grader.contracts.cases.ladder import Choices, walk
from backmark.grader.contracts.judging import contract as judged_contract
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput
from tests.contracts.judging.test_counterexamples import show
from tests.contracts.making import LINEAR, REFERENCE, RIGHT, build, build_shared, contract, judge
from tests.contracts.test_gallery import read_entry

#: By assignment and mistake, the smallest dims on which it shows: stated by hand, from what the mistake is.
GALLERY: dict[str, dict[str, dict[str, Any]]] = {
    "udl-7.2": {
        "bias_gradient_flat": {"K": 0, "D": [1, 1]},
        "no_factor_two": {"K": 0, "D": [1, 1]},
        "relu_after_output": {"K": 0, "D": [1, 1]},
        "no_relu_derivative": {"K": 1, "D": [1, 1, 1]},
        "relu_for_indicator": {"K": 1, "D": [1, 1, 1]},
        "weight_gradient_from_f": {"K": 1, "D": [1, 1, 1]},
        "weight_gradient_transposed": {"K": 0, "D": [2, 1]},
    },
    "cs231n-max-pool": {
        "value_of_winner": {"N": 1, "C": 1, "H": 1, "W": 1, "pool_height": 1, "pool_width": 1, "stride": 1},
        "spread_evenly": {"N": 1, "C": 1, "H": 2, "W": 1, "pool_height": 2, "pool_width": 1, "stride": 1},
        "overlap_assigned": {"N": 1, "C": 1, "H": 3, "W": 1, "pool_height": 2, "pool_width": 1, "stride": 1},
        "max_over_channels": {"N": 1, "C": 2, "H": 1, "W": 1, "pool_height": 1, "pool_width": 1, "stride": 1},
    },
    "cmu-linear": {
        "weights_not_transposed": {"N": 1, "in_features": 2, "out_features": 1},
    },
}


def list_numbers(shown: CaseInput) -> list[float]:
    """Return the numbers of a real input; of one of several arrays those of all."""
    if isinstance(shown.values, tuple):
        return [number for part in shown.values for number in list_numbers(part)]
    return np.ravel(np.array(shown.values, float)).tolist()


def example_of(revision: ContractRevision, source: str) -> CaseCounterexample:
    example = judge(revision, source).counterexample
    assert isinstance(example, CaseCounterexample)
    return example


@pytest.mark.parametrize("name", GALLERY)
def test_a_planted_mistake_is_shown_by_the_smallest_case_and_whole_numbers(name: str) -> None:
    revision = build_shared(read_entry(name))
    sources = {mistake.id: mistake.source for mistake in revision.assignment.mistakes}
    shown = {mistake: example_of(revision, sources[mistake]) for mistake in GALLERY[name]}
    assert {mistake: dict(example.case) for mistake, example in shown.items()} == GALLERY[name]
    numbers = {number for example in shown.values() for part in example.inputs for number in list_numbers(part)}
    assert {number for number in numbers if number != int(number)} == set()
    assert max(map(abs, numbers)) <= 12


@pytest.fixture(scope="module")
def linear() -> ContractRevision:
    return build(contract())


WIDE = LINEAR.replace("D = [1, 3]", "D = [1, 24]")


def test_what_shows_only_above_a_width_is_shown_as_narrow_as_it_can_be() -> None:
    """Of the widths 1, 2, 3, 4, 5, 7, 9, 13 and so on the first above 8."""
    example = example_of(build(contract(WIDE)), RIGHT.replace("x.T @ dout", "x.T @ dout * (2 if len(w) > 8 else 1)"))
    assert example.case == {"N": 1, "D": 9, "M": 1}
    assert {number for part in example.inputs for number in list_numbers(part)} <= {*values.SIMPLEST}


def test_what_shows_on_no_small_case_is_shown_by_the_smallest_drawn_one(linear: ContractRevision) -> None:
    wrong = "x.T @ dout * (2 if x.size == 12 and w.size == 9 else 1)"
    example = example_of(linear, RIGHT.replace("x.T @ dout", wrong))
    assert example.case == {"N": 4, "D": 3, "M": 3}


def test_what_whole_numbers_do_not_show_is_shown_by_others(linear: ContractRevision) -> None:
    example = example_of(linear, RIGHT.replace("x.T @ dout", "np.round(x.T @ dout, 2)"))
    assert example.case == {"N": 1, "D": 1, "M": 1}
    assert example.results[-1].wrong == 1


def test_an_answer_that_depends_on_the_calls_before_is_not_shown_as_minimal(linear: ContractRevision) -> None:
    """The second call of a process is wrong: a small case alone in a fresh one is right."""
    source = "calls = []\n" + RIGHT.replace(
        "    return dout @ w.T",
        "    calls.append(1)\n    dout = dout * (2 if len(calls) > 1 else 1)\n    return dout @ w.T",
    )
    judgement = judge(linear, source)
    assert "depend" in judgement.properties[0].message
    example = judgement.counterexample
    assert isinstance(example, CaseCounterexample)
    assert any(number != int(number) for part in example.inputs for number in list_numbers(part))


@settings(max_examples=20, deadline=None)
@given(
    least=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), factor=st.sampled_from([2.0, 0.0, -1.0])
)
def test_every_case_that_is_shown_fails_and_is_no_larger_than_any_drawn_one_that_does(
    linear: ContractRevision, least: tuple[int, int, int], factor: float
) -> None:
    wrong = f"x.T @ dout * ({factor} if x.shape[0] >= {least[0]} and w.shape >= {least[1:]} else 1)"
    example = example_of(linear, RIGHT.replace("x.T @ dout", wrong))
    rows, columns = example.case["N"], (example.case["D"], example.case["M"])
    assert example.results[-1].wrong > 0
    assert rows >= least[0]
    assert columns >= least[1:]
    failing = [
        case.size
        for case in linear.cases.drawn
        if case.dims["N"] >= least[0] and (case.dims["D"], case.dims["M"]) >= least[1:]
    ]
    assert sum(len(list_numbers(part)) for part in example.inputs) <= min(failing)


def test_most_of_the_ladder_is_never_asked(linear: ContractRevision, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    find = judged_contract._find_failing

    def count(rungs: Any, *others: Any) -> int | None:
        asked.append(len(rungs))
        return find(rungs, *others)

    monkeypatch.setattr(judged_contract, "_find_failing", count)
    judge(linear, RIGHT.replace("x.T @ dout", "2 * x.T @ dout"))
    assert max(asked) <= 12
    assert sum(asked) < len(linear.ladder) / 4


def test_numbers_are_written_as_numpy_writes_them(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT.replace("x.T @ dout", "2 * x.T @ dout"))
    assert isinstance(judgement.counterexample, CaseCounterexample)
    assert "x = np.array([[1.]])\n" in judgement.counterexample.script
    assert "x = np.array([[1.]])" in show(judgement)


def test_an_expected_number_that_is_whole_is_so_exactly(linear: ContractRevision) -> None:
    expected = [
        linear.ladder.expected[start:stop]
        for case, start, stop in zip(linear.ladder.drawn, linear.ladder.starts, linear.ladder.starts[1:], strict=False)
        if case.corner == SIMPLE
    ]
    assert len(expected) > 100
    assert all((numbers == np.round(numbers)).all() for numbers in expected)


def test_whole_numbers_at_which_an_authors_code_raises_are_left_out() -> None:
    """They are not the author's: nothing is refused for them."""
    reference = (
        "def forward(tap, x, w):\n    if (x == 1).all():\n        raise ValueError('x')\n    return {'out': x @ w}\n"
    )
    solution = RIGHT.replace("return x @ w", "assert not (w == 1).all()\n    return x @ w")
    ladder = build(contract(reference=reference, solution=solution, mistake_upstream="")).ladder
    drawn = [case.values() for case in ladder.drawn if case.corner == SIMPLE]
    assert len(drawn) > 100
    assert not any((inputs["x"] == 1).all() or (inputs["w"] == 1).all() for inputs in drawn)


def test_without_a_case_of_whole_numbers_there_are_the_drawn_ones() -> None:
    """Of inputs that are too large to be read, and where whole numbers raise."""
    large = LINEAR.replace('"N D"', '"N D 201"').replace("cases = 30", "cases = 12")
    files = {"reference": REFERENCE.replace("x @ w", "x[..., 0] @ w"), "mistake_upstream": ""}
    solution = RIGHT.replace("return x @ w", "return x[..., 0] @ w").replace(
        "return dout @ w.T, x.T @ dout",
        "dx = np.zeros_like(x)\n    dx[..., 0] = dout @ w.T\n    return dx, x[..., 0].T @ dout",
    )
    assert len(build(contract(large, solution=solution, **files)).ladder) == 0
    whole = REFERENCE.replace("    return", "    assert (x != np.round(x)).any()\n    return")
    ladder = build(contract(reference=whole, mistake_upstream="")).ladder
    assert {case.corner for case in ladder.drawn} == {"small"}


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("normal", {1, -1, 2, -2, 3, -3}),
        ("normal(0, 0.1)", {1, -1, 2, -2, 3, -3}),
        ("normal(5, 0.5)", {4, 5, 6}),
        ("uniform(0, 1)", {0.25, 0.5, 0.75}),
        ("uniform(0.5, 2)", {1, 1.5}),
        ("uniform(-4, 4)", {1, -1, 2, -2, 3, -3}),
        ("labels(3)", {0, 1, 2}),
        ("binary", {0, 1}),
        ("mask(0.25)", {0, 4}),
    ],
)
def test_simple_numbers_are_ones_that_the_kind_may_have(text: str, allowed: set[float]) -> None:
    drawn = values.draw(text, [300], np.random.default_rng(1), {}, variety=len(values.SIMPLEST))
    assert set(drawn.tolist()) == allowed


@pytest.mark.parametrize("text", ["uniform(0.1, 0.2)", "normal(0.5, 0.01)"])
def test_a_range_without_simple_numbers_keeps_its_own(text: str) -> None:
    drawn = values.draw(text, [50], np.random.default_rng(1), {}, variety=4)
    assert len(set(drawn.tolist())) > 40


def test_values_that_are_spread_are_so_as_whole_numbers() -> None:
    for size in range(1, 9):
        drawn = values.draw("spread(1.5)", [size], np.random.default_rng(size), {}, variety=4).tolist()
        assert min(abs(number - other) for number in drawn for other in [0, *drawn] if number != other) >= 2
        assert len(set(drawn)) == size


def test_choices_are_walked_from_the_smallest_up_each_row_once() -> None:
    def make(choices: Choices) -> tuple[int, ...]:
        numbers = tuple(choices.whole(0, 5) for _ in range(choices.whole(1, 3)))
        if sum(numbers) == 1:
            choices.reject()
        return numbers

    rows = list(walk(make))
    assert rows[0] == (0,)
    assert rows.index((2,)) < rows.index((3,)) < rows.index((5,)) < rows.index((5, 5, 5))
    assert rows.index((0, 0)) < rows.index((2, 0)) < rows.index((2, 2)) < rows.index((5, 5, 5))
    # One row in which a number is 1, and all others zero, for each place of one to three.
    assert len(rows) == len(set(rows)) == 6 + 36 + 216 - (1 + 2 + 3)


def test_a_ladder_has_the_first_values_of_each_dim_alone() -> None:
    """So a fault that one size alone decides is shown by the least such size, all others at their least."""
    shapes = [case.dims for case in draw_ladder(contract())]
    for name, most in (("N", 4), ("D", 3), ("M", 3)):
        for size in range(1, most + 1):
            assert {"N": 1, "D": 1, "M": 1, name: size} in shapes


def test_what_is_said_of_an_exception_has_the_sizes_of_the_case_that_is_shown(linear: ContractRevision) -> None:
    source = RIGHT.replace("dout @ w.T", "dout @ w")
    assert source != RIGHT
    judgement = judge(linear, source)
    assert judgement.error is not None
    assert judgement.error.mistake is not None
    assert isinstance(judgement.counterexample, CaseCounterexample)
    shapes = {part.name: tuple(part.shape or ()) for part in judgement.counterexample.inputs}
    for name in ("dout", "w"):
        assert f"`{name}` of shape {shapes[name]}" in judgement.error.mistake.text
