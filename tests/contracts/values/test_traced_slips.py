"""A slip in code that is arranged in its own way costs the row of the statement that computes the same."""

import pytest

from tests.contracts.values.making import STEPS, repair
from tests.corpus.others import OTHERS
from tests.corpus.own_names import OWN_NAMES

ARRANGED = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    deltas = [2 * (all_f[-1] - y)]
    for w, f in zip(reversed(all_weights[1:]), reversed(all_f[:-1])):
        deltas = [(w.T @ deltas[0]) * (f > 0)] + deltas
    return [delta @ h.T for delta, h in zip(deltas, all_h)], deltas
"""
#: Right but for its step: nothing comes back from layer to layer.
DIFFERENCING = """
def loss(weights, biases, x, y):
    h = x
    for k in range(len(weights)):
        f = biases[k] + weights[k] @ h
        h = np.maximum(f, 0)
    return np.sum((f - y) ** 2)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    step = 1e-6
    base = loss(all_weights, all_biases, all_h[0], y)
    found = []
    for group in (all_weights, all_biases):
        found.append([])
        for part in group:
            slopes = np.zeros(part.shape)
            for at in np.ndindex(part.shape):
                kept = part[at]
                part[at] = kept + step
                slopes[at] = (loss(all_weights, all_biases, all_h[0], y) - base) / step
                part[at] = kept
            found[-1].append(slopes)
    return found[0], found[1]
"""
SLIPS = (
    {other.truth: other.source for other in OTHERS}
    | {own.name: own.source for own in OWN_NAMES}
    | {
        "a transpose in a line of two steps": ARRANGED.replace("w.T", "w"),
        "a comparison in a line of two steps": ARRANGED.replace("f > 0", "f < 0"),
    }
)


@pytest.mark.parametrize(
    ("slip", "row"),
    [
        ("a transpose in a line of two steps", "activation_gradient"),
        ("a comparison in a line of two steps", "relu_derivative"),
        ("the 2 is missing", "bias_gradient"),
        ("only biases reversed", "bias_gradient"),
        ("the weight gradient transposed", "weight_gradient"),
        # One line is the solution's last two: the other one's row is held all the same.
        ("bias twice", "bias_gradient"),
        ("weights not transposed", "activation_gradient"),
        ("no derivative", "relu_derivative"),
        # Of the call of a helper and the helper's line that both could be mended the line is wrong.
        ("einsum without a transpose", "activation_gradient"),
    ],
)
def test_a_slip_costs_the_row_of_what_its_innermost_expression_computes(slip: str, row: str) -> None:
    repaired = repair(SLIPS[slip])
    assert (set(repaired.lost), set(repaired.held), repaired.marks) == ({row}, {*STEPS} - {row}, 8)


def test_code_that_computes_no_such_values_holds_no_rows_by_a_slip() -> None:
    repaired = repair(DIFFERENCING)
    assert set(repaired.held) <= {"bias_gradient"}
    assert repaired.marks <= 2
