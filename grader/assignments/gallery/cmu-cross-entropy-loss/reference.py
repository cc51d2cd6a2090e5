"""The mean over the examples of the cross-entropy between one-hot rows and the softmax of scores."""

import numpy as np


def forward(tap, A, Y, epsilon=0.0):
    largest = A.max(axis=1, keepdims=True)
    log_sums = largest + np.log(np.exp(A - largest).sum(axis=1, keepdims=True))
    log_probs = np.logaddexp(A - log_sums, np.log(epsilon)) if epsilon else A - log_sums
    return {"loss": -np.sum(Y * log_probs) / len(A)}
