"""Slips in code that begins, adds up and calls in ways of its own are named in their lines."""

from dataclasses import replace

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.slip import SlipKind
from backmark.grader.model.verdict import Judgement
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.contracts.values.test_own_arrangement import find_line

#: Rows of gradients, whose last turn computes what nobody reads.
ROWS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    g = d_loss_d_output(all_f[K], y).T
    for k in range(K, -1, -1):
        h = all_h[k].T
        dbs[k] = g.T
        dws[k] = np.einsum("bo,bi->oi", g, h)
        g = np.einsum("bo,oi->bi", g, all_weights[k])
        g = g * (h > 0)
    return dws, dbs
"""

#: One helper for the three ways through a layer.
LAYERS = """
class Product:
    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, up):
        self.dw = self.x.T @ up
        return up @ self.w.T


class TwoWays:
    def __init__(self, w):
        self.first, self.second = Product(w), Product(w)

    def backward(self, flat, up):
        self.first.forward(flat)
        self.second.forward(flat)
        dx = self.first.backward(0.25 * up)
        dx += self.second.backward(0.75 * up)
        return dx, self.first.dw + self.second.dw


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx, dw = TwoWays(w).backward(x.reshape(len(x), -1), dout)
    db = np.zeros(len(w.T))
    for row in dout:
        for j in range(len(row)):
            db[j] += row[j]
    return dx.reshape(x.shape), dw, db
"""

#: Its gradients in the order of their names, a pair for each layer.
NAMED = """
def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    inner, outer = cache["A1"], cache["A2"]
    up = (outer - Y) / m
    below = (parameters["W2"].T @ up) * (1 - inner**2)
    found = [below @ X.T, total(below), up @ inner.T, total(up)]
    names = ["dW1", "db1", "dW2", "db2"]
    return dict(zip(names, found))


def total(rows):
    return rows.sum(axis=1, keepdims=True)
"""

#: What a layer normalisation subtracts, by sums that keep their axis.
NORMALISED = """
def layernorm_forward(x, gamma, beta, ln_param):
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    hat = centred / std
    return gamma * hat + beta, (hat, std, gamma)


def layernorm_backward(dout, cache):
    hat, std, gamma = cache
    up = dout * gamma
    slope = np.mean(up * hat, axis=1, keepdims=True)
    level = np.mean(up, axis=1, keepdims=True)
    dx = (up - level - hat * slope) / std
    return dx, (dout * hat).sum(axis=0), dout.sum(axis=0)
"""


def judge_changed(entry: str, source: str, right: str, wrong: str) -> Judgement:
    """Return the judgement on a source with a part changed."""
    assert source.count(right) == 1
    return judge(find_revision(entry), f"import numpy as np\n{source}".replace(right, wrong))


@pytest.mark.parametrize(
    ("entry", "source", "right", "wrong", "kind"),
    [
        # What is missing is seen in the line above, whose last turn counts for nothing.
        ("udl-7.2", ROWS, "        g = g * (h > 0)\n", "", SlipKind.FACTOR),
        ("cs231n-affine", LAYERS, "dx += self.second", "dx = self.second", SlipKind.ASSIGNMENT),
        ("cs231n-affine", LAYERS, "db[j] += row[j]", "db[j] = row[j]", SlipKind.ASSIGNMENT),
        (
            "coursera-one-hidden-layer",
            NAMED,
            "below @ X.T, total(below), up @ inner.T, total(up)",
            "up @ inner.T, total(up), below @ X.T, total(below)",
            SlipKind.ORDER,
        ),
        ("cs231n-layernorm", NORMALISED, "mean(up * hat, axis=1, keep", "mean(up * hat, axis=0, keep", SlipKind.AXIS),
    ],
)
def test_a_slip_is_named_in_its_line(entry: str, source: str, right: str, wrong: str, kind: SlipKind) -> None:
    (statement,) = judge_changed(entry, source, right, wrong).repair
    at = 'np.einsum("bo,oi->bi"' if not wrong else right
    assert [line.line for line in statement.lines] == [find_line(source, at) + 1]
    assert [slip.kind for slip in statement.slips] == [kind]


@pytest.mark.parametrize(
    ("entry", "source"),
    [
        ("udl-7.2", ROWS),
        ("coursera-one-hidden-layer", NAMED),
        ("cs231n-affine", LAYERS),
        ("cs231n-layernorm", NORMALISED),
    ],
)
def test_the_sources_are_right_without_a_slip(entry: str, source: str) -> None:
    assert judge(find_revision(entry), f"import numpy as np\n{source}").outcome is Outcome.PASSED


TEMPLATE = """
def layernorm_backward(dout, cache):
    dx = np.zeros(dout.shape)
    return dx, dgamma, dbeta
"""


def test_zeros_of_the_template_to_which_a_submission_adds_are_filled() -> None:
    revision = find_revision("cs231n-layernorm")
    assignment = replace(revision.assignment, template=TEMPLATE, other_solutions=())
    added = NORMALISED.replace("    dx = (up - ", "    dx = np.zeros(dout.shape)\n    dx += (up - ").replace(
        "axis=1, keepdims=True)\n    level", "axis=0, keepdims=True)\n    level"
    )
    source = f"import numpy as np\n{added}"
    (statement,) = judge(replace(revision, assignment=assignment), source).repair
    assert [line.line for line in statement.lines] == [find_line(source, "slope = ")]


def test_no_line_is_wrong_that_adds_to_a_wrong_start() -> None:
    begun = "    dx = np.zeros(dout.shape)\n    dx += -level / std\n    dx += -hat * slope / std\n"
    source = "import numpy as np\n" + NORMALISED.replace("    dx = (up - level - hat * slope) / std\n", begun)
    repair = judge(find_revision("cs231n-layernorm"), source).repair
    assert {line.line for each in repair if not each.slips for line in each.lines} == set()
