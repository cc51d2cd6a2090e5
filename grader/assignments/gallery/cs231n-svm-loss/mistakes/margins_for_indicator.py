"""puts the margins themselves into the gradient.

What is the slope of max(0, m) where m is positive?
"""

import numpy as np


def svm_loss(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y]
    margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N
    violations = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx = margins.copy()
    dx[np.arange(N), y] -= violations
    dx /= N
    return loss, dx
