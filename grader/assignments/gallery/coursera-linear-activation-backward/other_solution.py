"""The same in one function, by the slope of either activation at Z."""

import numpy as np

SLOPES = {"relu": lambda z: np.heaviside(z, 0), "sigmoid": lambda z: 0.25 / np.cosh(z / 2) ** 2}


def linear_activation_backward(dA, cache, activation):
    (entered, weights, _), preactivation = cache
    delta = dA * SLOPES[activation](preactivation)
    examples = delta.shape[-1]
    return weights.T @ delta, delta @ entered.T / examples, delta.mean(axis=1).reshape(-1, 1)
