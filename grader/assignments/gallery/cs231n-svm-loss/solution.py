import numpy as np


def svm_loss(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y]  # row: margins
    margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)  # row: margins
    margins[np.arange(N), y] = 0  # row: margins
    loss = np.sum(margins) / N  # row: hinge_loss
    violations = np.sum(margins > 0, axis=1)  # row: score_gradient
    dx = np.zeros_like(x)  # row: score_gradient
    dx[margins > 0] = 1  # row: score_gradient
    dx[np.arange(N), y] -= violations  # row: score_gradient
    dx /= N  # row: score_gradient
    return loss, dx
