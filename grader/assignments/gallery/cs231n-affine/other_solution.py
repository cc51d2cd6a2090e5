"""The same with loops over the examples."""

import numpy as np


def affine_forward(x, w, b):
    out = np.empty((len(x), len(b)), dtype=x.dtype)
    for i in range(len(x)):
        out[i] = x[i].flatten() @ w + b  # row: output
    return out, {"x": x, "w": w}


def affine_backward(dout, cache):
    x, w = cache["x"], cache["w"]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    db = np.zeros(w.shape[1], dtype=w.dtype)
    for i in range(len(x)):
        dx[i] = (w @ dout[i]).reshape(x[i].shape)  # row: input_gradient
        dw += np.outer(x[i], dout[i])  # row: weight_gradient
        db += dout[i]  # row: bias_gradient
    return dx, dw, db
