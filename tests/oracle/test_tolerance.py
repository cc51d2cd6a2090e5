"""What the tolerance lets through, and what it does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.oracle.network import Network, Pass, forward
from grader.oracle.reference import gradient
from grader.oracle.tolerance import _forward_errors, _loss_error, _slope_error, activation_size, loss_size, scale
from grader.subjects.networks.assignment import RTOL
from tests.oracle.drawn import networks

RELU = Formulas()


def round_network(network: Network, kind: type[np.floating]) -> tuple[Network, Pass]:
    """The network and its forward pass in another precision."""
    at = forward(network, RELU)
    rounded_network = Network(
        tuple(part.astype(kind) for part in network.weights),
        tuple(part.astype(kind) for part in network.biases),
        network.net_input.astype(kind),
        network.y.astype(kind),
    )
    return rounded_network, Pass(tuple(f.astype(kind) for f in at.f), tuple(h.astype(kind) for h in at.h))


@settings(max_examples=100)
@given(network=networks(RELU))
def test_float32_stays_well_within_it(network: Network) -> None:
    """A right implementation in single precision uses a sixth of the tolerance at most."""
    rounded_network, at = round_network(network, np.float32)
    for part, right, size in zip(
        gradient(rounded_network, RELU, at), gradient(network, RELU), scale(network, RELU), strict=True
    ):
        assert np.all(np.abs(part - right) <= RTOL / 3 * size)


@settings(max_examples=50)
@given(network=networks(RELU))
def test_an_error_of_one_in_a_thousand_is_seen_unless_its_entry_is_what_cancels(network: Network) -> None:
    """An entry shows it when it is larger than a five-hundredth of the terms that cancel in it."""
    for right, size in zip(gradient(network, RELU), scale(network, RELU), strict=True):
        shows = np.abs(right) > size / 400
        assert np.all((np.abs(1e-3 * right) > RTOL * size)[shows])


#: One unit in three columns: off, on its kink, and on.
F = np.array([[-2.0, 0.0, 0.5]])


@pytest.mark.parametrize(
    ("formulas", "expected"),
    [
        (Formulas(Activation.RELU), [0, 1, 1]),
        (Formulas(Activation.LEAKY_RELU, slope=0.125), [0.125, 1, 1]),
        # 1 and h^2, which are subtracted.
        (Formulas(Activation.TANH), [1 + math.tanh(-2) ** 2, 1, 1 + math.tanh(0.5) ** 2]),
        # h, and the h^2 that is subtracted from it, for h = 1 / (1 + e^-f).
        (Formulas(Activation.SIGMOID), [h + h * h for h in (1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-0.5)))]),
    ],
    ids=lambda value: str(value.activation) if isinstance(value, Formulas) else "",
)
def test_the_size_of_a_slope_is_that_of_the_terms_it_is_computed_from(
    formulas: Formulas, expected: list[float]
) -> None:
    assert activation_size(F, formulas)[0].tolist() == pytest.approx(expected, rel=1e-14)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


#: Two outputs (rows) of two columns, what is right, and errors of the outputs.
OUTPUT = np.array([[0.5, -1.5], [-2.0, 3.0]])
Y = np.array([[1.0, 0.0], [0.0, 1.0]])
ERROR = np.array([[1.0, 2.0], [4.0, 0.25]])
#: For two outputs the softmax is the sigmoid of their difference.
SHARES = [[sigmoid(2.5), sigmoid(-4.5)], [sigmoid(-2.5), sigmoid(4.5)]]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Loss.LEAST_SQUARES, [[2 * (0.5 + 1), 2 * 1.5], [2 * 2, 2 * (3 + 1)]]),
        (Loss.BINARY_CROSS_ENTROPY, [[sigmoid(0.5) + 1, sigmoid(-1.5)], [sigmoid(-2), sigmoid(3) + 1]]),
        (Loss.SOFTMAX_CROSS_ENTROPY, [[SHARES[0][0] + 1, SHARES[0][1]], [SHARES[1][0], SHARES[1][1] + 1]]),
    ],
)
def test_the_size_of_a_loss_derivative_is_that_of_the_terms_it_is_computed_from(
    loss: Loss, expected: list[list[float]]
) -> None:
    assert loss_size(OUTPUT, Y, Formulas(loss=loss)) == pytest.approx(np.array(expected), rel=1e-14)
    mean = Formulas(loss=loss, reduction=Reduction.MEAN)
    assert loss_size(OUTPUT, Y, mean) == pytest.approx(np.array(expected) / 2, rel=1e-14)


@pytest.mark.parametrize("loss", Loss)
def test_an_error_of_the_output_reaches_the_loss_derivative_by_the_size_of_the_second_derivatives(loss: Loss) -> None:
    """Of each column by itself; for a softmax the diagonal is s (1 - s), of which 1 and s are two terms."""
    expected = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            f, s, error = OUTPUT[i, j], SHARES[i][j], ERROR[i, j]
            other_terms = SHARES[0][j] * ERROR[0, j] + SHARES[1][j] * ERROR[1, j]
            expected[i, j] = {
                Loss.LEAST_SQUARES: 2 * error,
                Loss.BINARY_CROSS_ENTROPY: sigmoid(f) * (1 - sigmoid(f)) * error,
                Loss.SOFTMAX_CROSS_ENTROPY: s * error + s * other_terms,
            }[loss]
    output_error = _loss_error(OUTPUT, ERROR, loss)
    assert output_error.shape == (2, 2)
    assert output_error == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("activation", Activation)
def test_an_error_of_a_preactivation_reaches_a_slope_that_is_curved_and_no_other(activation: Activation) -> None:
    error = np.array([[3.0, 5.0, 7.0]])
    slope_error = _slope_error(F, error, Formulas(activation))[0].tolist()
    if activation.kinked:
        assert slope_error == [0, 0, 0]
        return
    slopes = {
        Activation.TANH: lambda f: 1 - math.tanh(f) ** 2,
        Activation.SIGMOID: lambda f: sigmoid(f) * (1 - sigmoid(f)),
    }
    sizes = activation_size(F, Formulas(activation))[0]
    expected = [size + 2 * slopes[activation](f) * of for size, f, of in zip(sizes, F[0], error[0], strict=True)]
    assert slope_error == pytest.approx(expected, rel=1e-13)


def test_errors_of_the_forward_pass_add_up_by_their_squares() -> None:
    """f0 = 2*3 - 1 = 5 from an input of 3, itself uncertain by 3; f1 = -2*5 + 4 from h1 = 5, uncertain as f0 is."""
    network = Network(
        (np.array([[2.0]]), np.array([[-2.0]])),
        (np.array([[-1.0]]), np.array([[4.0]])),
        np.array([[3.0]]),
        np.zeros((1, 1)),
    )
    f_error, h_error = _forward_errors(network, forward(network, RELU), RELU)
    first = math.sqrt(1 + 4 * (9 + 9))
    assert [part.item() for part in h_error] == pytest.approx([3, first])
    assert [part.item() for part in f_error] == pytest.approx([first, math.sqrt(16 + 4 * (25 + first**2))])
