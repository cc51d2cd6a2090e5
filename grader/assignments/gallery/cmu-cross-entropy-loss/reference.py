"""The mean over the examples of the cross-entropy between one-hot rows and the softmax of scores."""

import numpy as np


def forward(tap, A, Y):
    largest = A.max(axis=1, keepdims=True)
    log_sums = largest + np.log(np.exp(A - largest).sum(axis=1, keepdims=True))
    return {"loss": np.sum(Y * (log_sums - A)) / len(A)}
