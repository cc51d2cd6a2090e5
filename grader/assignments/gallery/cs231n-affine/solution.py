import numpy as np


def affine_forward(x, w, b):
    rows = x.reshape(x.shape[0], -1)  # row: output
    out = rows.dot(w) + b  # row: output
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    rows = x.reshape(x.shape[0], -1)  # row: weight_gradient
    dx = dout.dot(w.T).reshape(x.shape)  # row: input_gradient
    dw = rows.T.dot(dout)  # row: weight_gradient
    db = np.sum(dout, axis=0)  # row: bias_gradient
    return dx, dw, db
