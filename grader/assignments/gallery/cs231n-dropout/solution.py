import numpy as np


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    if mode == "train":
        mask = (np.random.rand(*x.shape) < p) / p  # row: mask
        out = x * mask  # row: output
    elif mode == "test":
        out = x  # row: test_output
    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    p, mode = dropout_param["p"], dropout_param["mode"]
    if mode == "train":
        dx = dout * mask  # row: input_gradient
    elif mode == "test":
        dx = dout  # row: test_gradient
    return dx
