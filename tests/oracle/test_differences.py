"""Finite differences against the analytic gradient, complex steps and a hand-worked example."""

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.formulas import Activation, Formulas, Loss
from grader.oracle.differences import ROUNDING, _leave_out, differences
from grader.oracle.network import Network, forward
from grader.oracle.reference import gradient
from grader.oracle.tolerance import CONCLUSIVE, scale
from grader.subjects.networks.assignment import RTOL
from tests.oracle.drawn import ALL, MEAN, complex_step, networks

RELU = Formulas()


def array(*rows: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A matrix from its rows."""
    return np.array(rows, dtype=np.float64)


def test_a_hand_worked_network() -> None:
    """f0 = 2*3-1 = 5, h1 = 5, f1 = -5+4 = -1, loss = (-1-1)^2: dl/df1 = -4, dl/df0 = -1 * -4 = 4."""
    network = Network((array([2]), array([-1])), (array([-1]), array([4])), array([3]), array([1]))
    difference = differences(network, RELU)
    assert [part.item() for part in difference.value] == [12, 4, -20, -4]


def test_the_doubt_of_a_difference_is_the_rounding_of_both_losses_over_the_move() -> None:
    """And of the loss itself: an input of zero has a doubt too. f0 = 5, h1 = 5 and f1 = -1, moved by 2^-6; y = 1."""
    network = Network((array([2]), array([-1])), (array([-1]), array([4])), array([3]), array([1]))
    step = 2**-6
    ends = [(abs(f - 1) * (abs(f) + 1)) for f in (-1 + step, -1 - step)]
    unit, loss = ROUNDING / step * sum(ends), 2 * ROUNDING / step * 4
    uncertainties = [part.item() for part in differences(network, RELU).uncertainty]
    assert uncertainties == pytest.approx(
        [3 * unit + loss, unit + loss, 5 * unit + loss, unit + loss], rel=1e-12, abs=0
    )


@pytest.mark.parametrize("formulas", [*ALL, *MEAN], ids=lambda f: f"{f.activation}-{f.loss}-{f.reduction}")
@settings(max_examples=25)
@given(data=st.data())
def test_differences_agree_with_the_analytic_gradient(formulas: Formulas, data: st.DataObject) -> None:
    """Within the tolerance that a student is allowed, and within what the difference says of itself."""
    network = data.draw(networks(formulas))
    difference = differences(network, formulas)
    for value, doubt, right, size in zip(
        difference.value, difference.uncertainty, gradient(network, formulas), scale(network, formulas), strict=True
    ):
        assert value.shape == doubt.shape == right.shape
        conclusive = ~np.isnan(value)
        assert np.all(np.abs(value - right)[conclusive] <= (1e-9 * size + doubt)[conclusive])


@pytest.mark.parametrize("formulas", [*ALL, *MEAN], ids=lambda f: f"{f.activation}-{f.loss}-{f.reduction}")
@settings(max_examples=10)
@given(data=st.data())
def test_the_analytic_gradient_agrees_with_complex_steps(formulas: Formulas, data: st.DataObject) -> None:
    """Complex steps do not cancel: agreement is to rounding."""
    network = data.draw(networks(formulas))
    for right, step_part, size in zip(
        gradient(network, formulas), complex_step(network, formulas), scale(network, formulas), strict=True
    ):
        assert np.all(np.abs(right - step_part) <= 1e-12 * size)


@settings(max_examples=60)
@given(data=st.data())
def test_relu_under_least_squares_is_exact(data: st.DataObject) -> None:
    """No truncation error at any step: what is left is rounding, relative to the layer's scale."""
    network = data.draw(networks(RELU))
    difference = differences(network, RELU)
    largest = max(float(np.max(size)) for size in scale(network, RELU))
    for value, right in zip(difference.value, gradient(network, RELU), strict=True):
        assert np.nanmax(np.abs(value - right), initial=0.0) <= 1e-10 * largest


def test_a_unit_on_its_kink_is_inconclusive_for_what_moves_it_and_for_nothing_else() -> None:
    """f0 = 0 exactly: its own weight and bias have no derivative; the output's bias has one."""
    network = Network((array([1]), array([2])), (array([-1]), array([1])), array([1]), array([0]))
    difference = differences(network, RELU)
    assert np.isnan(difference.value[0]).all()
    assert np.isnan(difference.value[1]).all()
    assert difference.value[3].item() == 2
    assert np.isinf(difference.uncertainty[0]).all()


def test_a_near_kink_shrinks_the_step_instead_of_spoiling_the_difference() -> None:
    """f0 = 2^-10: a step of one would cross the kink."""
    network = Network((array([1]), array([3])), (array([2**-10 - 1]), array([1])), array([1]), array([0]))
    difference = differences(network, RELU)
    right = gradient(network, RELU)
    assert np.allclose([p.item() for p in difference.value], [p.item() for p in right], rtol=1e-12)


def test_saturated_tanh_does_not_reject_its_own_derivative() -> None:
    """Both steps round to the same loss; the round-off term keeps the tolerance honest."""
    formulas = Formulas(Activation.TANH, Loss.LEAST_SQUARES)
    network = Network((array([4]), array([4])), (array([16]), array([1])), array([4]), array([-2]))
    difference = differences(network, formulas)
    for value, doubt, right, size in zip(
        difference.value, difference.uncertainty, gradient(network, formulas), scale(network, formulas), strict=True
    ):
        assert np.all(np.isnan(value) | (np.abs(value - right) <= RTOL * size + doubt))


def test_the_derivative_of_a_dead_unit_is_zero_and_conclusive() -> None:
    """That is where a missing ReLU derivative shows."""
    network = Network((array([1]), array([1])), (array([-3]), array([1])), array([1]), array([0]))
    difference = differences(network, RELU)
    assert difference.value[0].item() == 0
    assert difference.uncertainty[0].item() < 1e-12


def test_a_weight_from_a_silent_input_is_zero_even_into_a_unit_on_its_kink() -> None:
    """Nudging it moves nothing, so there is nothing to doubt; the bias beside it is inconclusive."""
    network = Network((array([0]), array([2])), (array([0]), array([1])), array([1]), array([0]))
    silent = Network((array([1]), array([2])), (array([0]), array([1])), array([0]), array([0]))
    assert np.isnan(differences(network, RELU).value[0]).all()
    difference = differences(silent, RELU)
    assert difference.value[0].item() == 0
    assert np.isfinite(difference.uncertainty[0]).all()
    assert np.isnan(difference.value[1]).all()


def test_large_preactivations_do_not_cost_digits() -> None:
    """Normal weights, 32 wide, eight deep: the loss is some 1e10, and a move of 2^-6 at the top would drown in it."""
    rng = np.random.default_rng(0)
    sizes = (1, *(32,) * 8, 1)
    weights = tuple(rng.normal(size=(rows, columns)) for columns, rows in pairwise(sizes))
    network = Network(weights, tuple(rng.normal(size=(rows, 1)) for rows in sizes[1:]), array([1.2]), array([20]))
    right = gradient(network, RELU)
    largest = max(float(np.abs(part).max()) for part in right)
    for value, truth in zip(differences(network, RELU).value, right, strict=True):
        assert np.abs(value - truth).max() <= 3e-11 * largest


def test_a_layer_of_zeros_beside_a_large_one_is_no_trouble() -> None:
    """Its preactivations have no size to be measured by."""
    network = Network((array([0]), array([1])), (array([0]), array([100])), array([1]), array([0]))
    assert differences(network, RELU).value[3].item() == 200


def test_each_column_of_a_batch_has_a_step_of_its_own() -> None:
    """The first column is near its kink: f0 = 2^-10 and 1; dl/dw = 2 h w x, summed."""
    network = Network((array([1]), array([1])), (array([0]), array([0])), array([2**-10, 1]), array([0, 0]))
    difference = differences(network, RELU)
    assert difference.value[0].item() == 2 * (2**-20 + 1)
    assert difference.value[1].item() == 2 * (2**-10 + 1)


@pytest.mark.parametrize("formulas", ALL, ids=lambda f: f"{f.activation}-{f.loss}")
@settings(max_examples=5)
@given(data=st.data())
def test_what_does_not_fit_into_one_evaluation_takes_several(formulas: Formulas, data: st.DataObject) -> None:
    """A unit at a time, to the same derivatives."""
    network = data.draw(networks(formulas))
    whole = differences(network, formulas)
    with mock.patch("grader.oracle.differences.ROOM", 1):
        pieces = differences(network, formulas)
    for whole_part, piece, doubt in zip(whole.value, pieces.value, whole.uncertainty, strict=True):
        assert np.array_equal(np.isnan(whole_part), np.isnan(piece))
        assert np.all((np.abs(whole_part - piece) <= doubt) | np.isnan(whole_part))


def leave_out_places(network: Network, place: int, share: float) -> list[bool]:
    """For each coordinate whether it is left out, if one has that share of the largest doubt that is allowed."""
    at = forward(network, RELU)
    sizes = [float(np.max(part)) for part in scale(network, RELU)]
    layers = [max(pair) for pair in zip(sizes[::2], sizes[1::2], strict=True)]
    bound = CONCLUSIVE * (layers[place // 2] or max(layers))
    difference = np.concatenate([part.ravel() for part in gradient(network, RELU)])
    whole_difference, doubt = difference.copy(), np.zeros(len(difference))
    doubt[place] = bound * share
    _leave_out(network, RELU, at, difference, doubt)
    gaps = np.isnan(difference)
    assert np.array_equal(gaps, np.isposinf(doubt))
    assert np.array_equal(difference[~gaps], whole_difference[~gaps])
    return [bool(gap) for gap in gaps]


#: A unit that is on in each of two layers; one whose hidden unit is off, so that its first layer has no scale; and one
#: whose first layer has a scale below one.
ON = Network((array([2]), array([-1])), (array([-1]), array([4])), array([3]), array([1]))
OFF = Network((array([2]), array([-1])), (array([-9]), array([4])), array([3]), array([1]))
FAINT = Network((array([2]), array([-(2**-8)])), (array([-1]), array([4])), array([3]), array([1]))


@pytest.mark.parametrize("network", [ON, OFF, FAINT], ids=["on", "off", "faint"])
@pytest.mark.parametrize("place", range(4))
def test_a_coordinate_is_left_out_from_a_doubt_just_above_the_allowed_share_of_its_layers_scale(
    network: Network, place: int
) -> None:
    """It alone; of a layer without a scale the network's decides."""
    assert leave_out_places(network, place, 1.0) == [False] * 4
    assert leave_out_places(network, place, 1.0 + 1e-12) == [at == place for at in range(4)]
