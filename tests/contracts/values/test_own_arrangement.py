"""Code that is arranged in its own way: the line with the slip is named, and no line that only uses what it writes."""

import pytest

from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision

BACKWARD = """
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    K = len(all_weights) - 1
    dW = [None] * (K + 1)
    db = [None] * (K + 1)
    delta = 2 * (all_f[K] - y)
    for l in range(K, -1, -1):
        db[l] = delta.copy()
        dW[l] = delta @ all_h[l].T
        if l > 0:
            delta = (all_f[l - 1] > 0) * (all_weights[l].T @ delta)
    return dW, db
"""
HELPING = """
import numpy as np


def parameter_gradients(df, h):
    return df @ h.T, df.copy()


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    K = len(all_weights) - 1
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    df = 2 * (all_f[K] - y)
    for layer in range(K, -1, -1):
        all_dl_dweights[layer], all_dl_dbiases[layer] = parameter_gradients(df, all_h[layer])
        if layer > 0:
            df = (all_f[layer - 1] > 0) * (all_weights[layer].T @ df)
    return all_dl_dweights, all_dl_dbiases
"""
GUARDED = """
import numpy as np


def indicator_function(x):
    return (x > 0).astype(float)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    K = len(all_weights) - 1
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = 2 * (all_f[K] - y)
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            mask = indicator_function(all_f[layer - 1])
            all_dl_df[layer - 1] = mask * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
"""
AFFINE = """
import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    x_flat = x.reshape(N, -1)
    dw = x_flat.T @ dout
    db = dout.sum(axis=0)
    dx_flat = dout @ w.T
    dx = dx_flat.reshape(x.shape)
    return dx, dw, db
"""
RNN = """
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    next_h = np.tanh(a)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)
    dx = dz @ Wx.T
    dprev_h = dz @ Wh.T
    dWx = x.T @ dz
    dWh = prev_h.T @ dz
    db = dz.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db
"""
LINEAR = """
import numpy as np


class Linear:
    def __init__(self, in_features, out_features, debug=False):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))
        self.debug = debug

    def forward(self, A):
        self.A = A
        self.N = A.shape[0]
        self.Ones = np.ones((self.N, 1))
        Z = A @ self.W.T + self.Ones @ self.b.T
        return Z

    def backward(self, dLdZ):
        dLdA = dLdZ @ self.W
        dLdW = dLdZ.T @ self.A
        self.dLdW = dLdW
        self.dLdb = dLdZ.T @ self.Ones
        return dLdA
"""
SVM = """
import numpy as np


def svm_loss(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y][:, None]
    margins = np.maximum(0, x - correct + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    mask = (margins > 0).astype(float)
    counts = mask.sum(axis=1)
    mask[np.arange(N), y] -= counts
    return loss, mask / N
"""
LSTM = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    a = x @ Wx + prev_h @ Wh + b
    ai, af, ao, ag = np.split(a, 4, axis=1)
    i = sigmoid(ai)
    f = sigmoid(af)
    o = sigmoid(ao)
    g = np.tanh(ag)
    next_c = f * prev_c + i * g
    t = np.tanh(next_c)
    next_h = o * t
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c, t)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c, t = cache
    do = dnext_h * t
    dc = dnext_c + dnext_h * o * (1 - t**2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i
    da = np.hstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)))
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db
"""
#: With two variables on the way.
STAGED = RNN.replace("    a = x @ Wx + prev_h @ Wh + b", "    t = prev_h @ Wh\n    a = x @ Wx + t + b")
#: Of each the entry of the gallery.
ENTRIES = {
    BACKWARD: "udl-7.2",
    HELPING: "udl-7.2",
    GUARDED: "udl-7.2",
    AFFINE: "cs231n-affine",
    RNN: "cs231n-rnn-step",
    STAGED: "cs231n-rnn-step",
    LINEAR: "cmu-linear",
    SVM: "cs231n-svm-loss",
    LSTM: "cs231n-lstm-step",
}


def judge_with(source: str, right: str, wrong: str) -> Judgement:
    """Return the judgement on a source with one line changed."""
    assert source.count(right) == 1
    return judge(find_revision(ENTRIES[source]), source.replace(right, wrong))


def find_line(source: str, text: str) -> int:
    """Return the line in which a text begins."""
    return source[: source.index(text)].count("\n") + 1


@pytest.mark.parametrize("source", ENTRIES, ids=ENTRIES.values())
def test_without_a_slip_it_is_right(source: str) -> None:
    judgement = judge(find_revision(ENTRIES[source]), source)
    assert all(row.outcome is Mark.PASSED for row in judgement.properties)


@pytest.mark.parametrize(
    ("source", "right", "wrong", "slips", "rows"),
    [
        # What it computes goes into a line that the solution has.
        (RNN, "prev_h @ Wh + b", "prev_h @ Wh", [(SlipKind.TERM, "", "b")], {"next_state"}),
        (RNN, "+ b\n", "- b\n", None, {"next_state"}),
        (STAGED, "+ t + b", "+ t", [(SlipKind.TERM, "", "b")], {"next_state"}),
        (LINEAR, "dLdW = dLdZ.T @ self.A", "dLdW = self.A", [(SlipKind.FACTOR, "", "dLdZ.T")], {"weight_gradient"}),
        (AFFINE, "dout @ w.T", "dout @ w", [(SlipKind.TRANSPOSE, "w", "w.T")], {"input_gradient"}),
        # It is read before it is changed.
        (
            SVM,
            "margins > 0",
            "margins >= 0",
            [(SlipKind.COMPARISON, "margins >= 0", "margins > 0")],
            {"score_gradient"},
        ),
        # In a function that no solution has.
        (HELPING, "df @ h.T", "df @ h", [(SlipKind.TRANSPOSE, "h", "h.T")], {"weight_gradient"}),
        # What is unpacked or returned in another order has no row: the first costs its own that works with it.
        (AFFINE, "x, w, b = ", "w, x, b = ", [(SlipKind.ORDER, "(w, x, b)", "(x, w, b)")], {"input_gradient"}),
        (RNN, "Wx, Wh, next_h = cache\n    dz", "Wh, Wx, next_h = cache\n    dz", None, {"input_gradient"}),
        (BACKWARD, "return dW, db", "return db, dW", [(SlipKind.ORDER, "(db, dW)", "(dW, db)")], {"bias_gradient"}),
        # Beyond the first few hundred edits.
        (LSTM, "da @ Wx.T", "da @ Wx", [(SlipKind.TRANSPOSE, "Wx", "Wx.T")], {"input_gradient"}),
    ],
)
def test_a_slip_is_named_in_its_own_line(
    source: str, right: str, wrong: str, slips: list[tuple[SlipKind, str, str]] | None, rows: set[str]
) -> None:
    (statement,) = judge_with(source, right, wrong).repair
    assert [line.line for line in statement.lines] == [find_line(source, right)]
    assert statement.known_slips != ()
    assert slips is None or statement.known_slips == tuple(Slip(*slip) for slip in slips)
    assert set(statement.rows) == rows


def test_two_steps_in_one_line_are_both_held_if_another_line_is_wrong() -> None:
    rows = {row.name: row.outcome for row in judge_with(BACKWARD, "return dW, db", "return db, dW").properties}
    assert rows["activation_gradient"] is rows["relu_derivative"] is Mark.PASSED


def test_a_wrong_condition_is_one_mistake_whatever_else_it_guards() -> None:
    (statement,) = judge_with(GUARDED, "layer > 0", "layer > 1").repair
    assert statement.known_slips == (Slip(SlipKind.COMPARISON, "layer > 1", "layer >= 1"),)


def test_of_two_edits_that_undo_each_other_neither_is_a_slip() -> None:
    """A loss whose sign is wrong twice is right."""
    (statement,) = judge_with(SVM, "margins > 0", "margins < 0").repair
    assert [line.line for line in statement.lines] == [find_line(SVM, "margins > 0")]


def test_in_a_helper_its_own_line_is_named() -> None:
    source = BACKWARD.replace(
        "(all_f[l - 1] > 0) * (all_weights[l].T @ delta)", "back(all_f[l - 1], all_weights[l], delta)"
    )
    source += "\n\ndef back(f, w, d):\n    return np.cos(f) * (np.sin(w).T @ d)\n"
    (statement,) = judge(find_revision(), source).repair
    assert [line.line for line in statement.lines] == [find_line(source, "return np.cos")]
