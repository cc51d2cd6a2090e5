"""lets a hundredth of each negative input through.

What must come out for x = -1? The leaky ReLU is another layer.
"""

import numpy as np


def relu_forward(x):
    out = np.maximum(0.01 * x, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx
