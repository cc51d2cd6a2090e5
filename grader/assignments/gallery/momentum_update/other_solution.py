"""In place, and row by row."""

import numpy as np


def momentum_update(W, v, x, y, rate, momentum):
    dW = np.zeros_like(W)
    for row, target in zip(x, y):
        dW += np.outer(row, row @ W - target)  # row: error, weight_gradient
    dW /= x.shape[0]  # row: weight_gradient
    v *= momentum  # row: step
    v -= rate * dW  # row: step
    W += v  # row: move
    return W, v
