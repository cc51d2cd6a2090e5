"""The mean cross-entropy of the softmax of scores."""

import numpy as np


def cross_entropy(scores, y, epsilon=0.0):
    largest = scores.max(axis=1)
    log_sums = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    log_probs = scores[np.arange(len(y)), y] - log_sums
    return -np.mean(np.logaddexp(log_probs, np.log(epsilon)) if epsilon else log_probs)


def forward(tap, x, y, steps, epsilon=0.0):
    return {"loss": cross_entropy(x, y, epsilon), "large_loss": cross_entropy(1000.0 + steps, y, epsilon)}
