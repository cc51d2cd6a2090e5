"""multiplies by the output instead of by its slope.

What is the derivative of max(0, x) at x = 3?
"""

import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * np.maximum(0, x)
    return dx
