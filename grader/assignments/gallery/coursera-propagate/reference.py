"""Logistic regression: the mean cross-entropy of its examples, which are columns."""

import numpy as np


def forward(tap, w, b, X, Y, epsilon=0.0):
    A = 1 / (1 + np.exp(-(w.T @ X + b)))
    return {"loss": -np.mean(Y * np.log(A + epsilon) + (1 - Y) * np.log(1 - A + epsilon))}
