"""leaves the margin of 1 out.

By how much must the right class beat the others before the loss is zero?
"""

import numpy as np


def svm_loss(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y]
    margins = np.maximum(0, x - correct[:, np.newaxis])
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N
    violations = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(N), y] -= violations
    dx /= N
    return loss, dx
