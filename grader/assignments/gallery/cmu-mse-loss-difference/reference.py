"""The mean of the squared differences."""

import numpy as np


def forward(tap, A, Y):
    return {"loss": np.mean((A - Y) ** 2)}
