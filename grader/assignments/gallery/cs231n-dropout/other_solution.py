"""The same with a mask of booleans, which leaves the division by p to both passes."""

import numpy as np


def dropout_forward(x, dropout_param):
    if dropout_param["mode"] == "test":
        return x.copy(), (dropout_param, None)  # row: test_output
    keep = np.random.default_rng(dropout_param.get("seed")).random(x.shape) < dropout_param["p"]  # row: mask
    return np.where(keep, x / dropout_param["p"], 0), (dropout_param, keep)  # row: output


def dropout_backward(dout, cache):
    dropout_param, keep = cache
    dx = dout.copy()  # row: test_gradient
    if dropout_param["mode"] == "train":
        dx[~keep] = 0  # row: input_gradient
        dx /= dropout_param["p"]  # row: input_gradient
    return dx
