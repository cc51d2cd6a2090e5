"""The mean over examples of the hinge losses of all classes but the right one."""

import numpy as np


def forward(tap, x, y):
    right = np.eye(x.shape[1])[y]
    own = np.sum(x * right, axis=1, keepdims=True)
    return {"loss": np.sum((1 - right) * np.maximum(x - own + 1, 0)) / len(x)}
