"""returns the state before tanh.

Between which numbers must the entries of next_h lie?
"""

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = x.dot(Wx) + prev_h.dot(Wh) + b
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - np.tanh(next_h) ** 2)
    dx = dz.dot(Wx.T)
    dprev_h = dz.dot(Wh.T)
    dWx = x.T.dot(dz)
    dWh = prev_h.T.dot(dz)
    db = np.sum(dz, axis=0)
    return dx, dprev_h, dWx, dWh, db
