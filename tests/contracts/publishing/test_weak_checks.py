"""Checks as notebooks have them, on one fixed case, beside ours: what passes theirs and fails here."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.gallery import find_folder
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.outcome import Outcome
from tests.contracts.making import build, judge

Names = Mapping[str, Any]


def difference(loss: Callable[[], float], array: Any, step: float = 1e-5) -> Any:
    """The central difference of a loss by each entry of an array."""
    out = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        value = array[place]
        array[place] = value + step
        above = loss()
        array[place] = value - step
        out[place] = (above - loss()) / (2 * step)
        array[place] = value
    return out


def check_pool(names: Names) -> bool:
    """Windows side by side, as the notebook's own case has them."""
    rng = np.random.default_rng(0)
    x, pool = rng.normal(size=(3, 2, 8, 8)), {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, cache = names["max_pool_forward_naive"](x, pool)
    dout = rng.normal(size=out.shape)
    derivative = difference(lambda: float(np.sum(names["max_pool_forward_naive"](x, pool)[0] * dout)), x)
    return np.allclose(names["max_pool_backward_naive"](dout, cache), derivative, atol=1e-6)


def check_affine(names: Names, rows: int, *, ones: bool) -> bool:
    """One case, with an upstream gradient of ones if asked for."""
    rng = np.random.default_rng(1)
    x, w, b = rng.normal(size=(rows, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)
    out, cache = names["affine_forward"](x, w, b)
    dout = np.ones(out.shape) if ones else rng.normal(size=out.shape)

    def loss() -> float:
        return float(np.sum(names["affine_forward"](x, w, b)[0] * dout))

    gradients = names["affine_backward"](dout, cache)
    return all(
        np.allclose(derivative, difference(loss, array), atol=1e-6)
        for derivative, array in zip(gradients, (x, w, b), strict=True)
    )


def check_lstm(names: Names) -> bool:
    """The hidden state alone: the cell state's upstream gradient is zero."""
    rng = np.random.default_rng(2)
    shapes = ((4, 3), (4, 5), (4, 5), (3, 20), (5, 20), (20,))
    arrays = [rng.normal(size=shape) for shape in shapes]
    next_h, next_c, cache = names["lstm_step_forward"](*arrays)
    dnext_h = rng.normal(size=next_h.shape)
    gradients = names["lstm_step_backward"](dnext_h, np.zeros_like(next_c), cache)

    def loss() -> float:
        return float(np.sum(names["lstm_step_forward"](*arrays)[0] * dnext_h))

    return all(
        np.allclose(derivative, difference(loss, array), atol=1e-6)
        for derivative, array in zip(gradients, arrays, strict=True)
    )


CHECKS: dict[str, tuple[str, str, Callable[[Names], bool]]] = {
    "windows that do not overlap": ("cs231n-max-pool", "overlap_assigned", check_pool),
    "an upstream gradient of ones": (
        "cs231n-affine",
        "upstream_of_ones",
        partial(check_affine, rows=3, ones=True),
    ),
    "a batch of one": ("cs231n-affine", "bias_mean", partial(check_affine, rows=1, ones=False)),
    "one upstream gradient of two": ("cs231n-lstm-step", "forgets_dnext_c", check_lstm),
}


@pytest.mark.nightly
@pytest.mark.parametrize("name", CHECKS)
def test_a_mistake_that_a_weak_check_lets_pass_fails_here(name: str) -> None:
    entry, mistake, check = CHECKS[name]
    folder = find_folder(entry)
    assert folder is not None
    assignment = reading.read(folder)
    assert isinstance(assignment, ContractAssignment)
    source = next(candidate.source for candidate in assignment.mistakes if candidate.id == mistake)
    names: dict[str, Any] = {"np": np}
    exec(source, names)  # noqa: S102 - the gallery's, and ours
    assert check(names)
    assert judge(build(assignment), source).outcome is Outcome.FAILED


def test_the_table_of_weak_checks_is_in_the_docs() -> None:
    text = (Path(__file__).parents[3] / "docs/instructor/contracts.md").read_text()
    assert all(name in text for name in CHECKS)
