"""The same with a loop over the layers, and the cost without compute_cost."""

import numpy as np


def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = A3.shape[1]
    weights = [parameters[name] for name in ("W1", "W2", "W3")]
    norm = sum((W**2).sum() for W in weights)  # row: regularised_cost
    L2_regularization_cost = 0.5 * lambd * norm / m  # row: regularised_cost
    return L2_regularization_cost - np.log(np.where(Y == 1, A3, 1 - A3)).sum() / m


def backward_propagation_with_regularization(X, Y, cache, lambd):
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    m = X.shape[1]
    gradients = {}
    delta = (A3 - Y) / m
    layers = [(3, W3, A2, Z2), (2, W2, A1, Z1), (1, W1, X, None)]
    for number, W, A, Z in layers:
        gradients[f"dW{number}"] = delta @ A.T + (lambd / m) * W
        gradients[f"db{number}"] = delta.sum(axis=1).reshape(-1, 1)
        if Z is not None:
            delta = (W.T @ delta) * (Z > 0)
    return gradients
