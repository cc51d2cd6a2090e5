"""The same with loops, and the logarithm of the sum."""

import numpy as np


def softmax_loss(x, y):
    loss = 0.0
    dx = np.zeros_like(x)
    for i, scores in enumerate(x):
        top = scores.max()
        log_sum = top + np.log(sum(np.exp(score - top) for score in scores))
        loss += (log_sum - scores[y[i]]) / len(x)
        for j, score in enumerate(scores):
            dx[i, j] = (np.exp(score - log_sum) - (j == y[i])) / len(x)
    return loss, dx
