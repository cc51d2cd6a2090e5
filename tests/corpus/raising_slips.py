"""Submissions that raise or return wrong shapes, each with what a teacher would say of it, written before the run.

The faulty line of each ends in `#!`. `kind` is the sort of slip, `operand` the words that the explanation must contain.
`right` are the steps of the rubric whose lines ran rightly above the fault, or do so all the same, where that can be
seen: who raises on every network and has lists of other names leaves nothing behind.
"""

from dataclasses import dataclass

BIAS, WEIGHT, ACTIVATION, RELU = "bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative"


@dataclass(frozen=True, slots=True)
class RaisingSlip:
    """A wrong submission and what is true of it."""

    name: str
    kind: str
    operand: str
    right: tuple[str, ...]
    source: str

    @property
    def line(self) -> int:
        """The number of the faulty line."""
        return next(n for n, text in enumerate(self.source.splitlines(), 1) if text.endswith("#!"))


_NOTEBOOK = """def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            all_dl_df[layer-1] = indicator_function(all_f[layer-1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
"""


def _notebook(old: str, new: str) -> str:
    assert old in _NOTEBOOK
    return _NOTEBOOK.replace(old, new)


_DW = "np.matmul(all_dl_df[layer], all_h[layer].T)"
_DH = "np.matmul(all_weights[layer].T, all_dl_df[layer])"
_DF = "indicator_function(all_f[layer-1]) * all_dl_dh[layer]"
_LOSS = "np.array(d_loss_d_output(all_f[K], y))"

SLIPS = (
    # A transpose that is missing, or on the wrong operand.
    RaisingSlip(
        "h without its transpose",
        "transpose",
        "all_h[layer]",
        (BIAS,),
        _notebook(_DW, "np.matmul(all_dl_df[layer], all_h[layer])  #!"),
    ),
    RaisingSlip(
        "weights without their transpose",
        "transpose",
        "all_weights[layer]",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.matmul(all_weights[layer], all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "the transpose on the gradient, with @",
        "transpose",
        "all_dl_df[layer]",
        (BIAS, WEIGHT),
        _notebook(_DH, "all_weights[layer] @ all_dl_df[layer].T  #!"),
    ),
    RaisingSlip(
        "both transposed",
        "transpose",
        "all_dl_df[layer]",
        (BIAS, WEIGHT),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
  # initialise
  all_dl_dweights, all_dl_dbiases = [0] * (K+1), [0] * (K+1)
  all_dl_df, all_dl_dh = [0] * (K+1), [0] * (K+1)
  all_dl_df[K] = 2 * (all_f[K] - y)
  for i in reversed(range(K+1)):
    all_dl_dbiases[i] = all_dl_df[i].copy()
    all_dl_dweights[i] = all_dl_df[i].dot(all_h[i].T)
    all_dl_dh[i] = all_weights[i].T.dot(all_dl_df[i].T)  #!
    if i > 0:
      all_dl_df[i-1] = all_dl_dh[i] * (all_f[i-1] > 0)
  return all_dl_dweights, all_dl_dbiases
""",
    ),
    RaisingSlip(
        "a helper without a transpose",
        "transpose",
        "all_weights[layer]",
        (BIAS,),
        """
def push_down(w, g):
    return w @ g  #!

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    g = d_loss_d_output(all_f[K], y)
    gw, gb = [], []
    for k in range(K, -1, -1):
        gw.insert(0, g @ all_h[k].T)
        gb.insert(0, g)
        if k:
            g = push_down(all_weights[k], g) * indicator_function(all_f[k - 1])
    return gw, gb
""",
    ),
    RaisingSlip(
        "dot without a transpose in local names",
        "transpose",
        "all_h[layer]",
        (BIAS,),
        """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    n_layers = len(all_weights)
    dW = [None for _ in range(n_layers)]
    dB = [None for _ in range(n_layers)]
    err = 2.0 * (all_f[-1] - y)
    for idx in range(n_layers - 1, -1, -1):
        inp = all_h[idx]
        dB[idx] = err
        dW[idx] = np.dot(err, inp)  #!
        if idx > 0:
            err = np.dot(all_weights[idx].T, err)
            err[all_f[idx - 1] <= 0] = 0
    return dW, dB
""",
    ),
    RaisingSlip(
        "a recursion without a transpose",
        "transpose",
        "all_weights[layer]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    def delta(k):
        if k == K:
            return d_loss_d_output(all_f[K], y)
        upper = delta(k + 1)
        return (all_weights[k + 1] @ upper) * indicator_function(all_f[k])  #!
    ds = [delta(k) for k in range(K + 1)]
    return [np.outer(d, h) for d, h in zip(ds, all_h)], ds
""",
    ),
    RaisingSlip(
        "the transpose on the gradient of TODO 2",
        "transpose",
        "all_dl_df[layer]",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    grads_w = {}
    grads_b = {}
    grad = d_loss_d_output(all_f[K], y)
    layer = K
    for layer in range(K, -1, -1):
        grads_b[layer] = grad
        grads_w[layer] = grad.T @ all_h[layer]  #!
        if layer > 0:
            grad = (all_weights[layer].T @ grad) * indicator_function(all_f[layer - 1])
    return [grads_w[i] for i in range(K + 1)], [grads_b[i] for i in range(K + 1)]
""",
    ),
    RaisingSlip(
        "np.transpose on nothing that needs it",
        "transpose",
        "all_weights[layer]",
        (BIAS, WEIGHT),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K, -1, -1):
        dldf = all_dl_df[layer]
        all_dl_dbiases[layer] = dldf
        all_dl_dweights[layer] = dldf @ np.transpose(all_h[layer])
        w = all_weights[layer]
        all_dl_dh[layer] = np.dot(w, dldf)  #!
        if layer > 0:
            all_dl_df[layer - 1] = np.multiply(indicator_function(all_f[layer - 1]), all_dl_dh[layer])
    return all_dl_dweights, all_dl_dbiases
""",
    ),
    # The operands in the other order.
    RaisingSlip(
        "the gradient before the weights",
        "order",
        "all_weights[layer]",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.matmul(all_dl_df[layer], all_weights[layer].T)  #!"),
    ),
    RaisingSlip(
        "h before the gradient",
        "order",
        "all_h[layer]",
        (BIAS,),
        _notebook(_DW, "all_h[layer].T @ all_dl_df[layer]  #!"),
    ),
    RaisingSlip(
        "the gradient before the weights, no transpose",
        "order",
        "all_weights[layer]",
        (BIAS, WEIGHT),
        _notebook(_DH, "all_dl_df[layer] @ all_weights[layer]  #!"),
    ),
    RaisingSlip(
        "a swapped dot in a loop over zip",
        "order",
        "all_weights[layer]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    deltas = [d_loss_d_output(all_f[-1], y)]
    for w, f in zip(all_weights[:0:-1], all_f[-2::-1]):
        last = deltas[-1]
        deltas.append(np.dot(last, w.T) * (f > 0))  #!
    deltas = deltas[::-1]
    return [np.dot(d, h.T) for d, h in zip(deltas, all_h)], deltas
""",
    ),
    RaisingSlip(
        "a transposed weight gradient",
        "order",
        "all_dl_dweights[layer]",
        (BIAS, ACTIVATION, RELU),
        _notebook(_DW, "all_h[layer] @ all_dl_df[layer].T  #!"),
    ),
    RaisingSlip(
        "a transposed outer product",
        "order",
        "all_dl_dweights[layer]",
        (BIAS, ACTIVATION, RELU),
        _notebook(_DW, "np.outer(all_h[layer], all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "a transposed outer product in other names",
        "order",
        "all_dl_dweights[layer]",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d = d_loss_d_output(all_f[K], y)
    ws, bs = [None] * (K + 1), [None] * (K + 1)
    for j in range(K, -1, -1):
        bs[j] = d
        ws[j] = np.outer(all_h[j], d)  #!
        if j > 0:
            d = (all_weights[j].T @ d) * indicator_function(all_f[j - 1])
    return ws, bs
""",
    ),
    # One kind of product for the other.
    RaisingSlip(
        "star for the weight gradient",
        "product",
        "all_h[layer]",
        (BIAS,),
        _notebook(_DW, "all_dl_df[layer] * all_h[layer]  #!"),
    ),
    RaisingSlip(
        "np.multiply for the weights",
        "product",
        "all_weights[layer]",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.multiply(all_weights[layer].T, all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "matmul with the indicator",
        "product",
        "all_dl_dh[layer]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "np.matmul(indicator_function(all_f[layer-1]), all_dl_dh[layer])  #!"),
    ),
    RaisingSlip(
        "@ with a comparison",
        "product",
        "all_dl_dh[layer]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "all_dl_dh[layer] @ (all_f[layer-1] > 0)  #!"),
    ),
    RaisingSlip(
        "dot for the mask, of local names",
        "product",
        "all_dl_dh[layer]",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dldf = d_loss_d_output(all_f[K], y)
    weights_out, biases_out = [], []
    for k in range(K, -1, -1):
        weights_out = [dldf @ all_h[k].T] + weights_out
        biases_out = [dldf] + biases_out
        if k > 0:
            back = all_weights[k].T @ dldf
            active = indicator_function(all_f[k - 1])
            dldf = np.dot(active, back)  #!
    return weights_out, biases_out
""",
    ),
    RaisingSlip(
        "star of weights and gradient with a mask behind it",
        "product",
        "all_weights[layer]",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    g = 2 * (all_f[K] - y)
    dws, dbs = [g @ all_h[K].T], [g]
    for k in range(K, 0, -1):
        g = all_weights[k].T * g * (all_f[k - 1] > 0)  #!
        dws.append(g @ all_h[k - 1].T)
        dbs.append(g)
    return dws[::-1], dbs[::-1]
""",
    ),
    RaisingSlip(
        "np.multiply for the weight gradient in a comprehension",
        "product",
        "all_h[layer]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    ds = [d_loss_d_output(all_f[K], y)]
    for k in range(K, 0, -1):
        ds.insert(0, (all_weights[k].T @ ds[0]) * indicator_function(all_f[k - 1]))
    return [np.multiply(ds[k], all_h[k]) for k in range(K + 1)], ds  #!
""",
    ),
    # An index off by one.
    RaisingSlip(
        "the weight gradient from the activation below",
        "index",
        "all_h[layer-1]",
        (BIAS, ACTIVATION, RELU),
        _notebook(_DW, "np.matmul(all_dl_df[layer], all_h[layer-1].T)  #!"),
    ),
    RaisingSlip(
        "the mask from the layer itself",
        "index",
        "all_f[layer]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function(all_f[layer]) * all_dl_dh[layer]  #!"),
    ),
    RaisingSlip(
        "the gradient above",
        "index",
        "all_dl_df[layer+1]",
        (BIAS, WEIGHT),
        _notebook(_DH, "all_weights[layer].T @ all_dl_df[layer+1]  #!"),
    ),
    RaisingSlip(
        "the weights below",
        "index",
        "all_weights[layer-1]",
        (BIAS, WEIGHT),
        _notebook(_DH, "all_weights[layer-1].T @ all_dl_df[layer]  #!"),
    ),
    RaisingSlip(
        "the weights above",
        "index",
        "all_weights[layer+1]",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.dot(all_weights[layer+1].T, all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "the activation above",
        "index",
        "all_h[layer+1]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    g_w, g_b = [None] * (K + 1), [None] * (K + 1)
    g = d_loss_d_output(all_f[K], y)
    for l in range(K, -1, -1):
        g_b[l] = g
        g_w[l] = g.dot(all_h[l + 1].T)  #!
        if l > 0:
            g = all_weights[l].T.dot(g) * (all_h[l] > 0)
    return g_w, g_b
""",
    ),
    RaisingSlip(
        "the mask of the activation below",
        "index",
        "all_h[layer-1]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "(all_h[layer-1] > 0) * all_dl_dh[layer]  #!"),
    ),
    RaisingSlip(
        "the gradient of the activation below",
        "index",
        "all_dl_dh[layer-1]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function(all_f[layer-1]) * all_dl_dh[layer-1]  #!"),
    ),
    RaisingSlip(
        "starts at K + 1",
        "index",
        "all_f[K+1]",
        (),
        _notebook(_LOSS, "d_loss_d_output(all_f[K+1], y)  #!"),
    ),
    RaisingSlip(
        "starts its loop at K + 1",
        "index",
        "all_dl_df[layer]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K + 1, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])  #!
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            all_dl_df[layer-1] = indicator_function(all_f[layer-1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
""",
    ),
    RaisingSlip(
        "the weights of the layer below in local names",
        "index",
        "all_weights",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    N = len(all_weights)
    out_w = [None] * N
    out_b = [None] * N
    sigma = 2 * (all_f[N - 1] - y)
    for q in range(N - 1, -1, -1):
        out_b[q] = sigma
        out_w[q] = np.einsum("ia,ja->ij", sigma, all_h[q])
        if q > 0:
            sigma = all_weights[q - 1].T @ sigma  #!
            sigma = sigma * np.heaviside(all_f[q - 1], 0)
    return out_w, out_b
""",
    ),
    RaisingSlip(
        "the mask of the layer itself, in place",
        "index",
        "all_f",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d = d_loss_d_output(all_f[K], y)
    gw = [None] * (K + 1)
    gb = [None] * (K + 1)
    for k in range(K, -1, -1):
        gb[k] = d
        gw[k] = np.outer(d, all_h[k])
        if k > 0:
            d = np.matmul(all_weights[k].T, d)
            d[all_f[k] < 0] = 0  #!
    return gw, gb
""",
    ),
    RaisingSlip(
        "the mask of the layer above in np.where",
        "index",
        "all_f[layer]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "np.where(all_f[layer] > 0, all_dl_dh[layer], 0)  #!"),
    ),
    # A whole list in a product.
    RaisingSlip(
        "the list of weights transposed",
        "list",
        "all_weights",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.matmul(all_weights.T, all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "the list of weights in matmul",
        "list",
        "all_weights",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.matmul(all_weights, all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "the list of activations",
        "list",
        "all_h",
        (BIAS,),
        _notebook(_DW, "all_dl_df[layer] @ all_h.T  #!"),
    ),
    RaisingSlip(
        "the list of preactivations in the indicator",
        "list",
        "all_f",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function(all_f) * all_dl_dh[layer]  #!"),
    ),
    RaisingSlip(
        "the list of gradients in a product",
        "list",
        "all_dl_df",
        (BIAS, WEIGHT),
        _notebook(_DH, "all_weights[layer].T @ all_dl_df  #!"),
    ),
    RaisingSlip(
        "the list of preactivations in the loss",
        "list",
        "all_f",
        (),
        _notebook(_LOSS, "2 * (all_f - y)  #!"),
    ),
    RaisingSlip(
        "the whole list of weights in another style",
        "list",
        "all_weights",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    upstream = d_loss_d_output(all_f[K], y)
    wg, bg = [], []
    for step in range(K + 1):
        i = K - step
        wg.append(upstream @ all_h[i].T)
        bg.append(upstream)
        if i > 0:
            upstream = indicator_function(all_f[i - 1]) * np.dot(np.transpose(all_weights), upstream)  #!
    return wg[::-1], bg[::-1]
""",
    ),
    # Read before it is set.
    RaisingSlip(
        "the gradient below is read",
        "unset",
        "all_dl_df[layer-1]",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.matmul(all_weights[layer].T, all_dl_df[layer-1])  #!"),
    ),
    RaisingSlip(
        "all_dl_dh read at the layer below",
        "unset",
        "all_dl_dh[layer-1]",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "all_dl_dh[layer-1] * indicator_function(all_f[layer-1])  #!"),
    ),
    RaisingSlip(
        "TODO 3 deleted",
        "unset",
        "all_dl_dh[layer]",
        (BIAS, WEIGHT),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = all_dl_df[layer]
        all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
        if layer > 0:
            all_dl_df[layer-1] = np.where(all_f[layer-1] > 0, 1, 0) * all_dl_dh[layer]  #!
    return all_dl_dweights, all_dl_dbiases
""",
    ),
    RaisingSlip(
        "the loop goes upwards",
        "unset",
        "all_dl_df[layer]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K + 1):
        all_dl_dbiases[layer] = all_dl_df[layer]
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)  #!
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            all_dl_df[layer-1] = indicator_function(all_f[layer-1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
""",
    ),
    RaisingSlip(
        "the start is written one place too low",
        "unset",
        "all_dl_df[layer]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights, all_dl_dbiases = [None] * (K + 1), [None] * (K + 1)
    all_dl_df, all_dl_dh = [None] * (K + 1), [None] * (K + 1)
    all_dl_df[K - 1] = d_loss_d_output(all_f[K], y)
    for i in range(K, -1, -1):
        all_dl_dbiases[i] = all_dl_df[i] * 1  #!
        all_dl_dweights[i] = all_dl_df[i] @ all_h[i].T
        all_dl_dh[i] = all_weights[i].T @ all_dl_df[i]
        if i > 0:
            all_dl_df[i - 1] = all_dl_dh[i] * (all_f[i - 1] > 0)
    return all_dl_dweights, all_dl_dbiases
""",
    ),
    # Arguments, parameters.
    RaisingSlip(
        "the loss derivative with one argument",
        "arguments",
        "d_loss_d_output",
        (),
        _notebook(_LOSS, "d_loss_d_output(all_f[K])  #!"),
    ),
    RaisingSlip(
        "the indicator with two arguments",
        "arguments",
        "indicator_function",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function(all_f[layer-1], all_dl_dh[layer])  #!"),
    ),
    RaisingSlip(
        "matmul with one argument",
        "arguments",
        "matmul",
        (BIAS,),
        _notebook(_DW, "np.matmul(all_dl_df[layer] * all_h[layer].T)  #!"),
    ),
    RaisingSlip(
        "a helper of one's own with an argument too few",
        "arguments",
        "argument",
        (BIAS,),
        """
def gradient_below(weights, delta, preactivation):
    return (weights.T @ delta) * (preactivation > 0)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta = d_loss_d_output(all_f[K], y)
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    for k in range(K, -1, -1):
        dws[k], dbs[k] = delta @ all_h[k].T, delta
        if k > 0:
            delta = gradient_below(all_weights[k], delta)  #!
    return dws, dbs
""",
    ),
    RaisingSlip(
        "a parameter too many",
        "parameters",
        "K",
        (),
        _NOTEBOOK.replace("all_h, y):", "all_h, y, K):  #!").replace("d_loss_d_output(all_f[K], y)", "2*(all_f[K]-y)"),
    ),
    RaisingSlip(
        "a parameter too few",
        "parameters",
        "parameter",
        (),
        _NOTEBOOK.replace("all_weights, all_biases, all_f, all_h, y):", "all_weights, all_f, all_h, y):  #!"),
    ),
    # A call that is missing, or one too many.
    RaisingSlip(
        "transpose is not called",
        "call",
        ".transpose",
        (BIAS,),
        _notebook(_DW, "np.matmul(all_dl_df[layer], all_h[layer].transpose)  #!"),
    ),
    RaisingSlip(
        "T is called",
        "call",
        ".T",
        (BIAS, WEIGHT),
        _notebook(_DH, "all_weights[layer].T() @ all_dl_df[layer]  #!"),
    ),
    RaisingSlip(
        "a list is called",
        "call",
        "all_f",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function(all_f(layer-1)) * all_dl_dh[layer]  #!"),
    ),
    RaisingSlip(
        "the indicator is indexed",
        "call",
        "indicator_function",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function[all_f[layer-1]] * all_dl_dh[layer]  #!"),
    ),
    # Names.
    RaisingSlip(
        "a misspelt list",
        "name",
        "all_weights",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.matmul(all_wieghts[layer].T, all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "the singular of a list",
        "name",
        "all_dl_dh",
        (BIAS, WEIGHT, ACTIVATION),
        _notebook(_DF, "indicator_function(all_f[layer-1]) * all_dldh[layer]  #!"),
    ),
    RaisingSlip(
        "a misspelt function of NumPy",
        "name",
        "matmul",
        (BIAS,),
        _notebook(_DW, "np.matmull(all_dl_df[layer], all_h[layer].T)  #!"),
    ),
    RaisingSlip(
        "a helper that is called otherwise",
        "name",
        "indicator_function",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dl_df = d_loss_d_output(all_f[K], y)
    dl_dw, dl_db = [None] * (K + 1), [None] * (K + 1)
    for layer in range(K, -1, -1):
        dl_db[layer] = dl_df
        dl_dw[layer] = np.matmul(dl_df, all_h[layer].T)
        if layer > 0:
            dl_dh = np.matmul(all_weights[layer].T, dl_df)
            dl_df = indicator_funtion(all_f[layer - 1]) * dl_dh  #!
    return dl_dw, dl_db
""",
    ),
    # The last layer as a special case; a bias of another shape; einsum.
    RaisingSlip(
        "the last layer with a mask of the hidden layer",
        "index",
        "all_f[K-1]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_df[K] = d_loss_d_output(all_f[K-1], y)  #!
    all_dl_dbiases[K] = all_dl_df[K]
    all_dl_dweights[K] = all_dl_df[K] @ all_h[K].T
    for layer in range(K - 1, -1, -1):
        all_dl_df[layer] = (all_weights[layer + 1].T @ all_dl_df[layer + 1]) * (all_f[layer] > 0)
        all_dl_dbiases[layer] = all_dl_df[layer]
        all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
    return all_dl_dweights, all_dl_dbiases
""",
    ),
    RaisingSlip(
        "the first layer reads the activation above its own",
        "index",
        "all_h[1]",
        (BIAS,),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    n = len(all_weights) - 1
    w_grads, b_grads = [None] * (n + 1), [None] * (n + 1)
    delta = d_loss_d_output(all_f[n], y)
    for layer in range(n, 0, -1):
        b_grads[layer] = delta
        w_grads[layer] = delta @ all_h[layer].T
        delta = (all_weights[layer].T @ delta) * (all_f[layer - 1] > 0)
    b_grads[0] = delta
    w_grads[0] = delta @ all_h[1].T  #!
    return w_grads, b_grads
""",
    ),
    RaisingSlip(
        "biases summed to one number",
        "shape",
        "all_dl_dbiases",
        (WEIGHT, ACTIVATION, RELU),
        _notebook("np.array(all_dl_df[layer])", "np.sum(all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "the bias gradient as a row",
        "shape",
        "all_dl_dbiases",
        (BIAS, WEIGHT, ACTIVATION, RELU),
        _notebook("np.array(all_dl_df[layer])", "all_dl_df[layer].T  #!"),
    ),
    RaisingSlip(
        "einsum with the letters of the other side",
        "transpose",
        "all_weights[layer]",
        (BIAS, WEIGHT),
        _notebook(_DH, "np.einsum('ij,jc->ic', all_weights[layer], all_dl_df[layer])  #!"),
    ),
    RaisingSlip(
        "a star between matrices, which is their product",
        "product",
        "all_f[layer-1]",
        (),
        """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    weights = [np.asmatrix(w) for w in all_weights]
    dw, db = [None] * len(weights), [None] * len(weights)
    df = np.asmatrix(2 * (all_f[-1] - y))
    for k in range(len(weights) - 1, -1, -1):
        dw[k], db[k] = np.asarray(df * all_h[k].T), np.asarray(df)
        if k > 0:
            active = np.asmatrix(indicator_function(all_f[k - 1]))
            df = (weights[k].T * df) * active  #!
    return dw, db
""",
    ),
)
