"""leaves the upstream gradient out of dw.

How much does the loss depend on each output?
"""

import numpy as np


def linear_forward(x, w, b):
    return x @ w + b


def linear_backward(dout, x, w, b):
    dx = dout @ w.T
    dw = x.T @ np.ones_like(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db
