"""The same with input, state and a one joined: a cell is then one product."""

import numpy as np


def rnn_cell_backward(da_next, cache):
    _, a_prev, xt, p = cache
    joined = np.concatenate([xt, a_prev, np.ones_like(xt[:1])])
    weights = np.concatenate([p["Wax"], p["Waa"], p["ba"]], axis=1)
    delta = da_next / np.cosh(weights @ joined) ** 2
    back, outer = weights.T @ delta, delta @ joined.T
    cut = len(xt)
    return {
        "dxt": back[:cut],
        "da_prev": back[cut:-1],
        "dWax": outer[:, :cut],
        "dWaa": outer[:, cut:-1],
        "dba": outer[:, -1:],
    }
