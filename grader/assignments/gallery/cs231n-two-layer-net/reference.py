"""Affine, ReLU, affine, softmax: the mean cross-entropy, and reg times the sum of the squared weights."""

import numpy as np


def forward(tap, X, y, W1, b1, W2, b2, reg, epsilon=0.0):
    scores = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    largest = scores.max(axis=1)
    log_sums = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    log_probs = scores[np.arange(len(y)), y] - log_sums
    data = -np.mean(np.logaddexp(log_probs, np.log(epsilon)) if epsilon else log_probs)
    return {"scores": scores, "loss": {"data": data, "reg": reg * (np.sum(W1**2) + np.sum(W2**2))}}
