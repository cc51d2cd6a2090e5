"""The hyperbolic tangent of each number."""

import numpy as np


def forward(tap, Z):
    return {"A": np.tanh(Z)}
