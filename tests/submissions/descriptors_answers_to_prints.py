"""It points the answers at a pipe of its own, so that none of them ever comes.

Expected: timeout
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.dup2(os.pipe()[1], 41)
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
