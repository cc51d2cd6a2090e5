"""What the tolerance lets through, and what it does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from grader.model.assignment import Activation, Formulas
from grader.oracle.network import Network, Pass, forward
from grader.oracle.reference import gradient
from grader.oracle.tolerance import RTOL, activation_size, scale
from tests.oracle.drawn import networks

RELU = Formulas()


def rounded(network: Network, kind: type[np.floating]) -> tuple[Network, Pass]:
    """The network and its forward pass in another precision."""
    at = forward(network, RELU)
    fewer = Network(
        tuple(part.astype(kind) for part in network.weights),
        tuple(part.astype(kind) for part in network.biases),
        network.net_input.astype(kind),
        network.y.astype(kind),
    )
    return fewer, Pass(tuple(f.astype(kind) for f in at.f), tuple(h.astype(kind) for h in at.h))


@settings(max_examples=100, deadline=None)
@given(network=networks(RELU))
def test_float32_stays_well_within_it(network: Network) -> None:
    """A right implementation in single precision uses a sixth of the tolerance at most."""
    fewer, at = rounded(network, np.float32)
    for got, right, size in zip(gradient(fewer, RELU, at), gradient(network, RELU), scale(network, RELU), strict=True):
        assert np.all(np.abs(got - right) <= RTOL / 3 * size)


@settings(max_examples=50, deadline=None)
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
    ids=lambda each: str(each.activation) if isinstance(each, Formulas) else "",
)
def test_the_size_of_a_slope_is_that_of_the_terms_it_is_computed_from(
    formulas: Formulas, expected: list[float]
) -> None:
    assert activation_size(F, formulas)[0].tolist() == pytest.approx(expected, rel=1e-14)
