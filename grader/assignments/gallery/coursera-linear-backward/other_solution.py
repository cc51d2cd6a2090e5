"""The same as means over the examples, by einsum."""

import numpy as np


def linear_backward(dZ, cache):
    entered, weights, _ = cache
    outer = np.einsum("im,jm->mij", dZ, entered)
    return np.einsum("ij,im->jm", weights, dZ), outer.mean(axis=0), dZ.mean(axis=-1)[:, np.newaxis]
