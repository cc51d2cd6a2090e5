import numpy as np


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m  # row: weight_gradient
    db = np.sum(dZ, axis=1, keepdims=True) / m  # row: bias_gradient
    dA_prev = np.dot(W.T, dZ)  # row: input_gradient
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)  # row: relu_gradient
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)  # row: sigmoid_gradient
    dA_prev, dW, db = linear_backward(dZ, linear_cache)  # row: linear_step
    return dA_prev, dW, db
