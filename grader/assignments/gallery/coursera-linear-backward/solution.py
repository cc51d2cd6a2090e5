import numpy as np


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m  # row: weight_gradient
    db = np.sum(dZ, axis=1, keepdims=True) / m  # row: bias_gradient
    dA_prev = np.dot(W.T, dZ)  # row: input_gradient
    return dA_prev, dW, db
