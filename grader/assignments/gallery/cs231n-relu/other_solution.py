"""The same with a mask in the cache, of which the backward pass needs nothing else."""

import numpy as np


def relu_forward(x):
    dead = np.less_equal(x, 0)
    return np.where(dead, np.zeros_like(x), x), dead  # row: output


def relu_backward(dout, dead):
    dx = np.array(dout)  # row: input_gradient
    dx[dead] = 0  # row: input_gradient
    return dx
