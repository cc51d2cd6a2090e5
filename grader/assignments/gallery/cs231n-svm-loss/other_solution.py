"""The same with loops."""

import numpy as np


def svm_loss(x, y):
    num_train, num_classes = x.shape
    loss = 0.0
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i in range(num_train):
        for j in range(num_classes):
            margin = x[i, j] - x[i, y[i]] + 1  # row: margins
            if j != y[i] and margin > 0:
                loss += margin / num_train  # row: hinge_loss
                dx[i, j] += 1 / num_train  # row: score_gradient
                dx[i, y[i]] -= 1 / num_train  # row: score_gradient
    return loss, dx
