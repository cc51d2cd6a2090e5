"""mixes the examples when it flattens them.

Print rows[0] beside x[0]: does a row hold the numbers of one example only?
"""

import numpy as np


def affine_forward(x, w, b):
    rows = x.reshape(-1, x.shape[0]).T
    out = rows.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    rows = x.reshape(-1, x.shape[0]).T
    dx = dout.dot(w.T).reshape(x.shape)
    dw = rows.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db
