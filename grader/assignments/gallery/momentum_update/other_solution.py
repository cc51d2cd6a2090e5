"""In place, and row by row."""

import numpy as np


def momentum_update(W, v, x, y, rate, momentum):
    dW = np.zeros_like(W)
    for row, target in zip(x, y):
        dW += np.outer(row, row @ W - target)
    dW /= x.shape[0]
    v *= momentum
    v -= rate * dW
    W += v
    return W, v
