"""Activations, losses and the sizes of their terms: worked by hand, and where a simpler formula would overflow."""

import math

import numpy as np
import pytest

from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.oracle.network import activate, loss_terms, losses, sigmoid, softmax
from grader.oracle.reference import activation_derivative

#: Far beyond what exp takes, on both sides.
FAR = 2000.0
#: Two outputs (rows) of two columns, and what is right.
OUTPUT = np.array([[0.5, -1.5], [-2.0, 3.0]])
Y = np.array([[1.0, 0.0], [0.0, 1.0]])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("formulas", "expected"),
    [
        (Formulas(Activation.RELU), [0, 0, 0, 0.5, FAR]),
        (Formulas(Activation.LEAKY_RELU, slope=0.125), [-250, -0.25, 0, 0.5, FAR]),
        (Formulas(Activation.TANH), [-1, math.tanh(-2), 0, math.tanh(0.5), 1]),
        (Formulas(Activation.SIGMOID), [0, 1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-0.5)), 1]),
    ],
    ids=[*Activation],
)
def test_an_activation_is_the_textbooks_and_never_overflows(formulas: Formulas, expected: list[float]) -> None:
    assert activate(np.array([-FAR, -2.0, 0.0, 0.5, FAR]), formulas).tolist() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("formulas", "expected"),
    [
        (Formulas(Activation.RELU), [0, 0, 0, 1, 1]),
        (Formulas(Activation.LEAKY_RELU, slope=0.125), [0.125, 0.125, 0.125, 1, 1]),
        (Formulas(Activation.TANH), [0, 1 - math.tanh(-2) ** 2, 1, 1 - math.tanh(0.5) ** 2, 0]),
        (
            Formulas(Activation.SIGMOID),
            [0, math.exp(2) / (1 + math.exp(2)) ** 2, 0.25, 1 / (2 + 2 * math.cosh(0.5)), 0],
        ),
    ],
    ids=[*Activation],
)
def test_a_slope_is_the_one_from_below_at_a_kink_and_never_overflows(formulas: Formulas, expected: list[float]) -> None:
    slopes = activation_derivative(np.array([-FAR, -2.0, 0.0, 0.5, FAR]), formulas)
    assert slopes.tolist() == pytest.approx(expected, rel=1e-14)


def test_softmax_is_of_each_column_alone_however_far_apart_they_are() -> None:
    shares = softmax(np.array([[FAR, -FAR, 0.0], [FAR + 1, -FAR, -FAR]]))
    share = 1 / (1 + math.e)
    assert shares == pytest.approx(np.array([[share, 0.5, 1.0], [1 - share, 0.5, 0.0]]), rel=1e-14)


def test_sigmoid_is_small_and_not_zero_where_its_exponential_is() -> None:
    """One minus a number near one would be zero."""
    assert sigmoid(np.array([-700.0])).item() == pytest.approx(math.exp(-700), rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Loss.LEAST_SQUARES, [0.25 + 4, 2.25 + 4]),
        (Loss.BINARY_CROSS_ENTROPY, [softplus(0.5) - 0.5 + softplus(-2), softplus(-1.5) + softplus(3) - 3]),
        (Loss.SOFTMAX_CROSS_ENTROPY, [softplus(-2.5), softplus(-4.5)]),
    ],
)
def test_a_loss_is_worked_by_hand(loss: Loss, expected: list[float]) -> None:
    assert losses(OUTPUT, Y, Formulas(loss=loss)).tolist() == pytest.approx(expected, rel=1e-14)
    mean = losses(OUTPUT, Y, Formulas(loss=loss, reduction=Reduction.MEAN))
    assert mean.tolist() == pytest.approx([value / 2 for value in expected], rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Loss.BINARY_CROSS_ENTROPY, [FAR, 2 * FAR]),
        # Of equal outputs each has a half: log 2.
        (Loss.SOFTMAX_CROSS_ENTROPY, [math.log(2), math.log(2)]),
    ],
)
def test_a_loss_of_far_outputs_is_of_each_column_alone_and_finite(loss: Loss, expected: list[float]) -> None:
    output = np.array([[FAR, -FAR], [FAR, -FAR]])
    target = (
        np.array([[1.0, 1.0], [0.0, 0.0]]) if loss is Loss.SOFTMAX_CROSS_ENTROPY else np.array([[1.0, 1.0], [0, 1]])
    )
    assert losses(output, target, Formulas(loss=loss)).tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Loss.LEAST_SQUARES, [0.5 * 1.5 + 2 * 2, 1.5 * 1.5 + 2 * 4]),
        (Loss.BINARY_CROSS_ENTROPY, [softplus(0.5) + 0.5 + softplus(-2), softplus(-1.5) + softplus(3) + 3]),
        (Loss.SOFTMAX_CROSS_ENTROPY, [2 + math.log(2) + 0.5, 3 + math.log(2) + 3]),
    ],
)
def test_the_terms_of_a_loss_are_as_large_as_what_is_added_up(loss: Loss, expected: list[float]) -> None:
    """Of each column by itself."""
    assert loss_terms(OUTPUT, Y, Formulas(loss=loss)).tolist() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("loss", Loss)
def test_the_terms_of_a_loss_are_never_smaller_than_the_loss(loss: Loss) -> None:
    """Also at an output of zero."""
    formulas = Formulas(loss=loss)
    rng = np.random.default_rng(5)
    output = np.where(rng.random((3, 200)) < 0.2, 0.0, rng.normal(0, 4, (3, 200)))
    y = np.eye(3)[:, rng.integers(0, 3, 200)]
    terms = loss_terms(output, y, formulas)
    assert np.all(terms >= losses(output, y, formulas))
