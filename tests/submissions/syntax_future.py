"""It is refused by the compiler alone, for a feature that will never be.

Expected: rejected
"""

from __future__ import braces


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
