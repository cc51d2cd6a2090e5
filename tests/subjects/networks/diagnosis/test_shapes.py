"""What does not fit is compared by the shapes that NumPy names, whichever function of it does."""

import numpy as np
import pytest

from grader.subjects.networks.diagnosis.forms import clue, of_shapes
from tests.corpus.right import STYLES
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.diagnosing import diagnose, list_ids


def message(expression: str) -> str:
    """What NumPy says of it."""
    a, b = np.ones((6, 1)), np.ones((5, 1))
    with pytest.raises((ValueError, IndexError)) as error:
        eval(expression, {"np": np, "a": a, "b": b, "c": np.ones((2, 6))})  # noqa: S307 - ours, a line below
    return str(error.value)


def test_a_product_of_matrices_tells_the_two_sizes_in_their_order() -> None:
    """In the words of `@`, of matmul and of dot."""
    clues = {clue(message(text)) for text in ("a @ b", "np.matmul(a, b)", "np.dot(a, b)", "a.dot(b)")}
    assert clues == {("1", "5")}


def test_a_product_entry_by_entry_tells_both_shapes_in_any_order() -> None:
    """As does an assignment into an array."""
    clues = {clue(message(text)) for text in ("a * b", "b - a", "np.multiply(a, b)", "a.__setitem__(slice(None), b)")}
    assert clues == {frozenset({("6", "1"), ("5", "1")})}


def test_what_names_no_shapes_is_no_clue() -> None:
    """Neither for a model nor against one, if it is about shapes at all."""
    assert clue(message("np.einsum('ij,jk->ik', c, b)")) is None
    assert of_shapes(message("np.einsum('ij,jk->ik', c, b)"))
    assert of_shapes(message("a[7]"))
    assert clue("not done yet") is None
    assert not of_shapes("not done yet")


def test_an_explanation_by_shapes_alone_says_so(udl: NetworksJudge) -> None:
    """All that came back was right, on networks one wide, and nothing is known of the line that raised."""
    source = STYLES["notebook"].replace("all_h[layer].T", "all_h[layer]")
    (diagnosis,) = diagnose(source, udl, watched=False)
    assert diagnosis.id == "weight_gradient_without_transpose"
    assert "inferred from the shapes alone" in diagnosis.hint


@pytest.mark.parametrize(
    ("style", "old", "new", "bug"),
    [
        ("notebook", "all_weights[layer].T", "all_weights[layer]", "missing_transpose"),
        ("outer", "np.dot(delta, all_weights[layer])", "np.dot(delta, all_weights[layer].T)", "missing_transpose"),
        ("jacobians", "weights[k] @", "weights[k].T @", "missing_transpose"),
        ("recursive", "dl_df(layer + 1)\n", "dl_df(layer + 1)\n        back = back[:]\n", None),
        ("recursive", "all_weights[layer + 1].T @", "all_weights[layer].T @", "layers_differ"),
        ("recursive", "all_weights[layer + 1].T @", "all_weights[layer + 1].T *", "elementwise_weights"),
        ("elements", "dws[k][i, j]", "dws[k][j, i]", "transposed_weight_gradient"),
        ("special_cases", "np.transpose(all_weights[K - i + 1])", "all_weights[K - i + 1]", "missing_transpose"),
        ("object", "np.transpose(self.h[k])", "self.h[k - 1].T", "previous_activation"),
    ],
)
def test_a_misfit_is_recognised_in_styles_that_raise_elsewhere(
    udl: NetworksJudge, style: str, old: str, new: str, bug: str | None
) -> None:
    """By row, by index, from below or from above."""
    assert old in STYLES[style]
    assert list_ids(STYLES[style].replace(old, new), udl)[:1] == ([bug] if bug else [])
