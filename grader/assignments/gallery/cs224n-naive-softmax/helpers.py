"""The functions of utils.py that the course gives to its students."""

import numpy as np


def softmax(x):
    exps = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return exps / np.sum(exps, axis=-1, keepdims=True)


def normalizeRows(x):
    return x / np.sqrt(np.sum(x**2, axis=1, keepdims=True))
