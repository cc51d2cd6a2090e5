"""lets the gradient pass where the input was negative.

How does out change when a negative input changes a little?
"""

import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * 1.0
    return dx
