"""Dropout with a given mask of zeros and 1 / p, what a kept unit becomes, and 1 for all that must hold of many units."""

import numpy as np


def forward(tap, x, mask, p):
    trained, tested = tap("x_train", x) * mask, tap("x_test", x) * 1
    return {"kept": x / p, "whole": x, "yes": np.ones(()), "trained": trained, "tested": tested}
