"""lets the gradient pass where the input was negative, and only there.

For which inputs does out follow x? Print the mask beside x.
"""

import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x < 0)
    return dx
