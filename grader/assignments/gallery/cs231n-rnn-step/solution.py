import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)  # row: next_state
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)  # row: tanh_derivative
    dx = dz.dot(Wx.T)  # row: input_gradient
    dprev_h = dz.dot(Wh.T)  # row: state_gradient
    dWx = x.T.dot(dz)  # row: input_weights
    dWh = prev_h.T.dot(dz)  # row: state_weights
    db = np.sum(dz, axis=0)  # row: bias_gradient
    return dx, dprev_h, dWx, dWh, db
