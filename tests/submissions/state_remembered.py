"""It remembers its first answer of every shape and gives it again, right for the first network of a shape only.

Expected: failed
"""

import sys

table = sys.__dict__.setdefault("table", {})


def compute(all_weights, all_f, all_h, y):
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(len(all_weights) - 1, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    shape = tuple(w.shape for w in all_weights)
    if shape not in table:
        table[shape] = compute(all_weights, all_f, all_h, y)
    return table[shape]
