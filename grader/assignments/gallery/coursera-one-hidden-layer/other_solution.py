"""The same from the preactivations, with the mean taken once, where the gradient enters."""

import numpy as np


def backward_propagation(parameters, cache, X, Y):
    grads = {}
    delta = (1 / (1 + np.exp(-cache["Z2"])) - Y) / Y.shape[-1]
    for layer, entered in ((2, np.tanh(cache["Z1"])), (1, X)):
        grads[f"dW{layer}"] = np.einsum("im,jm->ij", delta, entered)
        grads[f"db{layer}"] = delta.sum(axis=-1)[:, None]
        delta = parameters["W2"].T * delta / np.cosh(cache["Z1"]) ** 2 if layer == 2 else delta
    return grads
