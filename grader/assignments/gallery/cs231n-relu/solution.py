import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)  # row: output
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)  # row: input_gradient
    return dx
