"""Ordinary values, normal with 53 bits: every difference is conclusive, and no right precision is rejected."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.oracle.network import Network, Pass, forward
from grader.oracle.reference import gradient
from grader.oracle.suite import flatten, measure
from grader.subjects.networks.assignment import RTOL, Assignment, Range, Ranges
from grader.subjects.networks.building import MARGIN
from grader.subjects.networks.ordinary import ordinary
from tests.oracle.drawn import ALL

BATCHES = Formulas(Activation.RELU, Loss.LEAST_SQUARES, reduction=Reduction.MEAN)


def assignment(formulas: Formulas) -> Assignment:
    """The default ranges, with batches where the loss is a mean over them."""
    columns = Range(1, 6) if formulas.reduction is Reduction.MEAN else Range(1, 1)
    return replace(Assignment("x", "x"), formulas=formulas, ranges=Ranges(outputs=Range(2, 4), columns=columns))


def right(network: Network, formulas: Formulas, kind: type[np.floating], *, anew: bool) -> np.ndarray:
    """The gradient in a precision, from the given activations or from a forward pass of its own."""

    def cast(parts: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        return tuple(part.astype(kind) for part in parts)

    rounded_network = Network(cast(network.weights), cast(network.biases), *cast((network.net_input, network.y)))
    forward_pass = forward(network, formulas)
    at = forward(rounded_network, formulas) if anew else Pass(cast(forward_pass.f), cast(forward_pass.h))
    return flatten(gradient(rounded_network, formulas, at)).astype(np.float64)


@pytest.mark.parametrize("formulas", [*ALL, BATCHES], ids=lambda f: f"{f.activation}-{f.loss}-{f.reduction}")
def test_no_right_precision_is_rejected_and_nothing_is_inconclusive(formulas: Formulas) -> None:
    """The worst of float32 uses a third of the tolerance, that of float64 a hundredth."""
    networks = list(islice(ordinary(assignment(formulas), 11), 30))
    suite = measure(networks, ["ordinary"] * len(networks), formulas, RTOL)
    assert not np.isnan(suite.derivatives).any()
    for kind, limit in ((np.float64, 0.01), (np.float32, 1 / 3)):
        for anew in (False, True):
            gradients = np.concatenate([right(network, formulas, kind, anew=anew) for network in networks])
            assert np.all(np.abs(gradients - suite.derivatives) <= limit * suite.tolerances)


def test_no_hidden_unit_is_within_the_margin_of_its_kink() -> None:
    """Also in batches, where each column is a chance to be near."""
    for network in islice(ordinary(assignment(BATCHES), 12), 100):
        for f in forward(network, BATCHES).f[:-1]:
            assert np.abs(f).min() > MARGIN * np.abs(f).max()
