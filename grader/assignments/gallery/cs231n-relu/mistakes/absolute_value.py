"""returns the absolute values.

What must come out for x = -1?
"""

import numpy as np


def relu_forward(x):
    out = np.abs(x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx
