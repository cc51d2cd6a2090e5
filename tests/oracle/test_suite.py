"""Networks in flat arrays: cut apart, put together and measured, each remains what it was."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.formulas import Formulas
from grader.oracle.network import Network, forward
from grader.oracle.reference import gradient
from grader.oracle.suite import (
    EMPTY,
    Suite,
    build_unmeasured,
    count,
    flatten,
    interleave,
    join,
    key,
    matrices,
    measure,
    propose,
)
from grader.oracle.tolerance import scale
from grader.subjects.networks.assignment import RTOL
from tests.oracle.drawn import networks

RELU = Formulas()
ARRAYS = ("parameters", "preactivations", "activations", "targets", "derivatives", "tolerances")

network_lists = st.lists(networks(RELU), min_size=1, max_size=4)


def assert_same(first: Network, second: Network) -> None:
    assert first.sizes == second.sizes
    parts = (*interleave(first), first.net_input, first.y), (*interleave(second), second.net_input, second.y)
    for part, other_part in zip(*parts, strict=True):
        np.testing.assert_array_equal(part, other_part, strict=True)


def assert_equal(first: Suite, second: Suite) -> None:
    labels = [(suite.sizes, suite.columns, suite.corners) for suite in (first, second)]
    assert labels[0] == labels[1]
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), strict=True)


def propose_suite(network_list: Sequence[Network]) -> Suite:
    return propose(network_list, RELU, RTOL)


@settings(max_examples=30)
@given(network_list=network_lists)
def test_a_network_comes_out_of_a_suite_as_it_went_in(network_list: list[Network]) -> None:
    suite = propose_suite(network_list)
    assert len(suite) == len(network_list)
    for network, suite_network in zip(network_list, suite.networks, strict=True):
        assert_same(network, suite_network)


@settings(max_examples=30)
@given(network_list=network_lists)
def test_what_is_true_of_a_network_stands_between_its_start_and_the_next(network_list: list[Network]) -> None:
    suite = propose_suite(network_list)
    assert suite.starts[-1] == len(suite.parameters) == len(suite.expected) == len(suite.tolerances)
    for i, network in enumerate(network_list):
        own = slice(suite.starts[i], suite.starts[i + 1])
        assert suite.expected[own].tolist() == flatten(gradient(network, RELU)).tolist()
        assert suite.tolerances[own].tolist() == (RTOL * flatten(scale(network, RELU))).tolist()
        assert suite.modules[i] == len(network.sizes)


@settings(max_examples=30)
@given(network_list=network_lists, data=st.data())
def test_what_is_taken_is_as_if_it_had_been_built_so(network_list: list[Network], data: st.DataObject) -> None:
    """In any order, and more than once."""
    places = data.draw(st.lists(st.integers(0, len(network_list) - 1), max_size=5))
    suite = propose_suite(network_list)
    assert_equal(suite.take(places), propose_suite([network_list[i] for i in places]) if places else EMPTY)
    for i, network in enumerate(network_list):
        assert_equal(suite.one(i), propose_suite([network]))


@settings(max_examples=30)
@given(network_list=network_lists)
def test_joined_suites_stand_one_after_the_other(network_list: list[Network]) -> None:
    parts = [propose_suite([network]) for network in network_list]
    assert_equal(join(parts), propose_suite(network_list))
    assert_equal(parts[0].join(*parts[1:]), propose_suite(network_list))
    assert_equal(parts[0].join(EMPTY), parts[0])


@settings(max_examples=30)
@given(network_list=network_lists)
def test_a_key_names_the_same_network_in_every_suite(network_list: list[Network]) -> None:
    suite = propose_suite(network_list)
    for i, network in enumerate(network_list):
        assert suite.key(i) == suite.one(i).key(0) == key(network)


@pytest.mark.parametrize("part_name", ["weights", "biases", "net_input", "y"])
def test_a_network_that_differs_in_one_bit_has_another_key(part_name: str) -> None:
    parts = {"weights": 1.0, "biases": 2.0, "net_input": 3.0, "y": 4.0}

    def network(values: dict[str, float]) -> Network:
        weights, biases, net_input, y = (np.array([[values[name]]]) for name in parts)
        return Network((weights,), (biases,), net_input, y)

    assert key(network(parts)) != key(network(parts | {part_name: float(np.nextafter(parts[part_name], 9))}))


def test_networks_of_the_same_numbers_and_other_sizes_have_other_keys() -> None:
    """One input of two columns, or two inputs of one."""
    ones = np.ones
    wide = Network((ones((1, 2)),), (ones((1, 1)),), ones((2, 1)), ones((1, 1)))
    batch = Network((ones((1, 1)),), (ones((1, 1)),), ones((1, 2)), ones((1, 2)))
    numbers = [len(key(network)) for network in (wide, batch)]
    assert numbers[0] == numbers[1]
    assert key(wide) != key(batch)


def test_parameters_are_counted_with_one_bias_for_each_unit() -> None:
    assert (count((3, 2, 4)), count((1, 1)), count(())) == (3 * 2 + 2 + 2 * 4 + 4, 2, 0)


def test_a_flat_array_is_cut_row_by_row_in_the_order_of_the_layers() -> None:
    parts = matrices((2, 2, 1), np.arange(9.0))
    assert [part.tolist() for part in parts] == [[[0, 1], [2, 3]], [[4], [5]], [[6, 7]], [[8]]]
    assert flatten(parts).tolist() == [*range(9)]
    assert flatten([]).tolist() == []


def test_measured_networks_have_the_gradient_and_what_is_left_open_is_so_in_both_arrays() -> None:
    """A unit on its kink: its weight and its bias are inconclusive, those above it are not."""
    unit = np.ones((1, 1))
    kinked = Network((unit, unit), (-unit, unit), unit, 0 * unit)
    ordinary = Network((unit, unit), (unit, unit), unit, 0 * unit)
    suite = measure([ordinary, kinked], ["first", "second"], RELU, RTOL)
    assert suite.corners == ("first", "second")
    assert suite.derivatives == pytest.approx([6, 6, 12, 6, np.nan, np.nan, 0, 2], nan_ok=True)
    least = RTOL * flatten([*scale(ordinary, RELU), *scale(kinked, RELU)])
    assert np.isinf(suite.tolerances[4:6]).all()
    finite = [0, 1, 2, 3, 6, 7]
    assert np.all(suite.tolerances[finite] >= least[finite])
    assert np.all(suite.tolerances[finite] <= 1.01 * least[finite] + 1e-9)
    for name in ("parameters", "preactivations", "activations", "targets"):
        np.testing.assert_array_equal(getattr(suite, name), getattr(propose_suite([ordinary, kinked]), name))


def test_networks_to_ask_about_only_have_nothing_that_could_be_wrong() -> None:
    unit = np.ones((1, 1))
    question_networks = [Network((unit,), (unit,), unit, unit), Network((unit, unit), (unit, unit), unit, unit)]
    suite = build_unmeasured(question_networks, [forward(network, RELU) for network in question_networks], "only asked")
    assert suite.corners == ("only asked",) * 2
    assert len(suite.derivatives) == len(suite.tolerances) == 6
    assert np.isnan(suite.derivatives).all()
    assert np.isposinf(suite.tolerances).all()
    for network, suite_network in zip(question_networks, suite.networks, strict=True):
        assert_same(network, suite_network)


def test_proposed_networks_are_labelled_so() -> None:
    unit = np.ones((1, 1))
    assert propose_suite([Network((unit,), (unit,), unit, unit)]).corners == ("proposed",)
    assert len(EMPTY) == 0
