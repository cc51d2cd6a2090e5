"""Every kind of values comes as an array of every kind of shape, and says what it cannot be drawn with."""

import numpy as np
import pytest

from backmark.grader.contracts.cases import trees, values
from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.language.expressions import ExpressionError
from tests.contracts.making import LINEAR, contract

#: Every kind of values with and without what it takes, but for `onehot`, which needs an axis to be hot on.
ANYWHERE = (
    *("normal", "normal(1, 2)", "uniform", "uniform(0.5, 2)", "labels(3)", "binary", "binary(0)", "binary(1)"),
    *("mask", "mask(0.25)", "spread", "spread(0.5)"),
)
#: Shapes by how they are written: a single number, axes, an axis of nothing, a list's sizes, as many axes as there may.
SHAPES = {
    "": [],
    "N": [3],
    "1": [1],
    "0": [0],
    "N 2": [3, 2],
    "N 0 2": [3, 0, 2],
    "*d": [2, 4],
    "1 1 1 1 1 1 1 1": [1] * 8,
}
DIMS = {"N": 3, "d": [2, 4]}


@pytest.mark.parametrize("text", ANYWHERE)
@pytest.mark.parametrize(("written", "shape"), SHAPES.items())
def test_every_kind_of_values_is_an_array_of_every_shape(text: str, written: str, shape: list[int]) -> None:
    drawn = values.draw(text, values.shape_of(written, DIMS), np.random.default_rng(1), DIMS)
    assert isinstance(drawn, np.ndarray)
    assert list(drawn.shape) == shape
    described, numbers = trees.describe(drawn)
    assert described == {"array": shape} | ({"dtype": "int64"} if text.startswith("labels") else {})
    assert np.array_equal(trees.make(described, numbers), drawn)


@pytest.mark.parametrize("text", ["onehot", "onehot(0)"])
@pytest.mark.parametrize(("written", "shape"), SHAPES.items())
def test_one_hot_values_have_a_single_one_on_their_axis(text: str, written: str, shape: list[int]) -> None:
    axis = 0 if "0" in text else -1
    if not shape or not shape[axis]:
        with pytest.raises(ExpressionError, match=rf"its axis {axis} has no place for the 1"):
            values.draw(text, shape, np.random.default_rng(1), DIMS)
        return
    drawn = values.draw(text, values.shape_of(written, DIMS), np.random.default_rng(1), DIMS)
    assert list(drawn.shape) == shape
    assert np.array_equal(drawn.sum(axis), np.ones([size for at, size in enumerate(shape) if at != axis % len(shape)]))


@pytest.mark.parametrize("kind", ["binary", "mask"])
def test_a_single_zero_is_drawn_as_a_number_like_a_single_one(kind: str) -> None:
    toml = LINEAR.replace("[inputs]\n", f'[inputs]\ngate = {{ shape = "", values = "{kind}" }}\n')
    cases, _ = draw_all(contract(toml, reference="def forward(tap, x, w, gate):\n    return {'out': gate * (x @ w)}\n"))
    gates = [case.values()["gate"] for case in cases]
    assert {gate.shape for gate in gates} == {()}
    assert {float(gate) for gate in gates} == {0.0, 1.0 if kind == "binary" else 2.0}
