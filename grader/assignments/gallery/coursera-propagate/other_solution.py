"""The same without a logarithm of the sigmoid, and the bias as one more weight."""

import numpy as np


def propagate(w, b, X, Y):
    signs = 1 - 2 * Y
    scores = np.einsum("ni,nm->im", w, X) + b
    cost = np.logaddexp(0, signs * scores).mean()
    pull = signs / (1 + np.exp(-signs * scores)) / Y.size
    joined = np.vstack([X, np.ones_like(Y)]) @ pull.T
    return {"dw": joined[:-1], "db": joined[-1, 0]}, float(cost)
