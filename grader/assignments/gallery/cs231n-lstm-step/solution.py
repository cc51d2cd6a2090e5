"""A right solution."""

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b  # row: gates
    i = sigmoid(a[:, :H])  # row: gates
    f = sigmoid(a[:, H:2 * H])  # row: gates
    o = sigmoid(a[:, 2 * H:3 * H])  # row: gates
    g = np.tanh(a[:, 3 * H:])  # row: gates
    next_c = f * prev_c + i * g  # row: states
    next_h = o * np.tanh(next_c)  # row: states
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    t = np.tanh(next_c)  # row: cell_gradient
    do = dnext_h * t  # row: output_gate
    dc = dnext_c + dnext_h * o * (1 - t * t)  # row: cell_gradient
    di = dc * g  # row: input_gate
    df = dc * prev_c  # row: forget_gate
    dg = dc * i  # row: candidate
    dprev_c = dc * f  # row: previous_cell
    da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g * g)])  # row: preactivations
    dx = da @ Wx.T  # row: input_gradient
    dprev_h = da @ Wh.T  # row: previous_state
    dWx = x.T @ da  # row: input_weights
    dWh = prev_h.T @ da  # row: state_weights
    db = da.sum(axis=0)  # row: bias_gradient
    return dx, dprev_h, dprev_c, dWx, dWh, db
