"""takes 1 from whole columns of the gradient.

Which entries does dx[:, y] choose? Print it for N = 2.
"""

import numpy as np


def softmax_loss(x, y):
    N = x.shape[0]
    shifted = x - np.max(x, axis=1, keepdims=True)
    exps = np.exp(shifted)
    probs = exps / np.sum(exps, axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    dx = probs.copy()
    dx[:, y] -= 1
    dx /= N
    return loss, dx
