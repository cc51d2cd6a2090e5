"""The mean over examples of the hinge losses of all classes but the right one, and reg times the squared weights."""

import numpy as np


def forward(tap, X, y, W, reg):
    scores = X @ W
    right = np.eye(W.shape[1])[y]
    own = np.sum(scores * right, axis=1, keepdims=True)
    data = np.sum((1 - right) * np.maximum(scores - own + 1, 0)) / len(X)
    return {"loss": {"data": data, "reg": reg * np.sum(W**2)}}
