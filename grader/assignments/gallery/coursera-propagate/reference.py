"""Logistic regression: the mean cross-entropy of its examples, which are columns."""

import numpy as np


def forward(tap, w, b, X, Y):
    A = 1 / (1 + np.exp(-(w.T @ X + b)))
    return {"loss": -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))}
