"""The same with loops, and the logarithm of the sum."""

import numpy as np


def softmax_loss(x, y):
    loss = 0.0
    dx = np.zeros_like(x)
    for i, scores in enumerate(x):
        top = scores.max()  # row: stability
        log_sum = top + np.log(sum(np.exp(score - top) for score in scores))  # row: cross_entropy
        loss += (log_sum - scores[y[i]]) / len(x)  # row: cross_entropy
        for j, score in enumerate(scores):
            dx[i, j] = (np.exp(score - log_sum) - (j == y[i])) / len(x)  # row: score_gradient
    return loss, dx
