"""It is wrong on one graded network and right ever after, so that no counterexample can be confirmed.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    counter = sys.__dict__.setdefault("counter", iter(range(10**9)))
    delta = (3 if next(counter) == 120 else 2) * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
