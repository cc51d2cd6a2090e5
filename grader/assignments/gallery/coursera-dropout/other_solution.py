"""The same in the notebook's steps, and a ReLU that looks at Z."""

import numpy as np


def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3 = cache
    gradients = {}
    delta = A3 - Y
    gradients["dW3"], gradients["db3"] = _weights(delta, A2)
    dA2 = W3.T @ delta  # row: second_layer
    dA2 = np.where(D2 > 0, dA2, 0)  # row: second_layer
    dA2 = dA2 / keep_prob  # row: second_layer
    delta = dA2 * (Z2 > 0)
    gradients["dW2"], gradients["db2"] = _weights(delta, A1)
    dA1 = W2.T @ delta  # row: first_layer
    dA1 *= D1  # row: first_layer
    dA1 /= keep_prob  # row: first_layer
    gradients["dW1"], gradients["db1"] = _weights(dA1 * (Z1 > 0), X)
    return {**gradients, "dA1": dA1, "dA2": dA2}


def _weights(delta, A):
    return delta @ A.T / A.shape[1], delta.mean(axis=1, keepdims=True)
