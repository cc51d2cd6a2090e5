"""adds up the bias gradient over all units.

How many numbers does b hold for a layer of three units? Along which axis lie the examples?
"""

import numpy as np


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ) * np.ones(b.shape) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db
