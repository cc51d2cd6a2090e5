"""Logistic layers: half the squared distance between the output and the target."""

import numpy as np


def forward(tap, x, y, weights, biases):
    a = x
    for w, b in zip(weights, biases, strict=True):
        a = 1 / (1 + np.exp(-(w @ a + b)))
    return {"loss": np.sum((a - y) ** 2) / 2}
