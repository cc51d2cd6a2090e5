"""A counterexample holds what the judge found: which entries are wrong, and what the network computes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.judge.agreement import wrong_entries
from grader.model.formulas import Activation
from grader.oracle.answers import Malformed, Returned
from grader.oracle.suite import Suite, flatten
from grader.subjects.networks.counterexample import counterexample
from tests.networks import load_layered

UDL = load_layered()
ACTIVATIONS: dict[Activation, Callable[[Any], Any]] = {
    Activation.RELU: lambda f: np.maximum(f, 0),
    Activation.LEAKY_RELU: lambda f: np.where(f > 0, f, 0.1 * f),
    Activation.TANH: np.tanh,
    Activation.SIGMOID: lambda f: 1 / (1 + np.exp(-f)),
}


def take_one(place: int) -> Suite:
    """A network of the assignment."""
    return UDL.suite.one(place)


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_the_wrong_entries_are_the_judge_s_and_the_first_of_them_is_named(place: int) -> None:
    suite = take_one(place)
    # Right, wrong by twice and by half of the tolerance, and not finite.
    tolerances = np.where(np.isfinite(suite.tolerances), suite.tolerances, 0.0)
    numbers = np.nan_to_num(suite.derivatives) + tolerances * np.resize([0.0, 0.5, 2.0], len(suite.derivatives))
    numbers[-1] = np.nan
    answer = Returned(numbers)
    example = counterexample(suite, 0, answer, UDL.assignment)
    assert example.wrong_entries is not None
    parts = [
        np.array(part)
        for pair in zip(example.wrong_entries.weights, example.wrong_entries.biases, strict=True)
        for part in pair
    ]
    assert flatten(parts).astype(bool).tolist() == wrong_entries(suite, 0, answer).tolist()
    assert (example.parameter, example.layer) == ("biases", example.depth)
    assert example.index is not None
    row, column = example.index
    assert example.wrong_entries.biases[-1][row][column]


def test_without_arrays_no_entries_are_wrong() -> None:
    example = counterexample(take_one(0), 0, Malformed("return"), UDL.assignment)
    assert (example.wrong_entries, example.parameter) == (None, None)


@pytest.mark.parametrize("activation", Activation)
def test_preactivations_and_activations_are_numpys(activation: Activation) -> None:
    formulas = replace(UDL.assignment.formulas, activation=activation, slope=0.1)
    example = counterexample(take_one(40), 0, None, replace(UDL.assignment, formulas=formulas))
    assert example.preactivations is not None
    assert example.activations is not None
    h = np.array(example.net_input)
    for k, (weights, biases) in enumerate(zip(example.weights, example.biases, strict=True)):
        np.testing.assert_allclose(np.array(example.activations[k]), h, atol=1e-12)
        f = np.array(biases) + np.array(weights) @ h
        np.testing.assert_allclose(np.array(example.preactivations[k]), f, atol=1e-12)
        h = ACTIVATIONS[activation](f)
    assert len(example.activations) == len(example.preactivations) == example.depth + 1


def test_the_script_warns_of_code_that_did_not_come_back() -> None:
    """It may run for ever in the student's notebook too."""
    assignment = UDL.assignment
    endless_script, answer_script = (
        counterexample(UDL.suite, 0, None, assignment).script,
        counterexample(UDL.suite, 0, Malformed("return"), assignment).script,
    )
    assert "be ready to interrupt the kernel" in " ".join(endless_script.replace("#", "").split())
    assert "interrupt" not in answer_script
    compile(endless_script, "script", "exec")
