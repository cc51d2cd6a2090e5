"""What the tolerance lets through, and what it does not."""

import numpy as np
from hypothesis import given, settings

from grader.model.assignment import Formulas
from grader.oracle.network import Network, Pass, forward
from grader.oracle.reference import gradient
from grader.oracle.tolerance import RTOL, scale
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
