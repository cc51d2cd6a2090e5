"""The functions that the notebook defines before the one that students write."""

import numpy as np


def d_loss_d_output(net_output, y):
    return 2 * (net_output - y)


def indicator_function(x):
    return np.where(x > 0, 1.0, 0.0)
