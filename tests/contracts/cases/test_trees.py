"""Values that leave a jail as numbers, and are described to another one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from backmark.grader.contracts.cases import trees
from backmark.worker.sandbox.inside.contracts.trees import UnknownValueError, flatten
from backmark.worker.sandbox.inside.inputs import Inputs

ARRAYS = npst.arrays(
    st.sampled_from([np.float64, np.int64, np.bool_]),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    elements=st.integers(0, 1),
)
PLAIN = st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    PLAIN | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_any_value_comes_through_as_it_was(value: Any) -> None:
    tree = trees.read(np.array(flatten(value)))
    described, numbers = trees.describe(tree)
    case = Inputs({"x": dict(described)}, numbers)
    assert case.list_changed(case.make().values) == case.make().list_changed() == []
    assert case.list_changed({"x": tree}) == []
    assert case.list_changed({"x": value}) == []
    assert case.list_changed({"x": trees.make(described, numbers)}) == []


@given(st.lists(st.sampled_from([*range(9), 2.5, -1.0, 1e9, float("nan"), *map(ord, "fib")]), max_size=12))
@example([trees.BOOLEAN, 2])
@example([trees.INTEGER, 2.5])
@example([trees.ARRAY, ord("i"), 1, 1, 2.5])
@example([trees.ARRAY, ord("b"), 1, 1, 2])
@example([trees.DICTIONARY, 2, trees.INTEGER, 1, trees.NONE, trees.INTEGER, 1, trees.NONE])
@example([trees.DICTIONARY, 2, trees.BOOLEAN, 1, trees.NONE, trees.INTEGER, 1, trees.NONE])
def test_any_row_that_no_value_has_is_refused(row: list[float]) -> None:
    try:
        value = trees.read(np.array(row, np.float64))
    except ValueError:
        return
    # It happens to be one.
    np.testing.assert_array_equal(flatten(value), row)


@pytest.mark.parametrize("value", [1j, {1, 2}, {1.5: 2}, 1 << 60, np.array(["a"])], ids=repr)
def test_a_value_that_no_student_can_be_given_is_named(value: Any) -> None:
    with pytest.raises(UnknownValueError):
        flatten([value])
