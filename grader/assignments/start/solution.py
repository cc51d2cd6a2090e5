"""A right solution, as a student would hand it in: it must pass."""

import numpy as np


def linear_forward(x, w, b):
    return x @ w + b


def linear_backward(dout, x, w, b):
    dx = dout @ w.T
    dw = x.T @ dout
    db = np.sum(dout, axis=0)
    return dx, dw, db
