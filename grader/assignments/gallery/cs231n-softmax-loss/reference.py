"""The mean cross-entropy of the softmax of scores."""

import numpy as np


def cross_entropy(scores, y):
    largest = scores.max(axis=1)
    log_sums = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    return np.mean(log_sums - scores[np.arange(len(y)), y])


def forward(tap, x, y, steps):
    return {"loss": cross_entropy(x, y), "large_loss": cross_entropy(1000.0 + steps, y)}
