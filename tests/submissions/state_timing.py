"""It tells probes and repeated questions by the time between calls, and is wrong on everything else.

Expected: failed
"""

import sys
import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    last = sys.__dict__.get("last", 0.0)
    sys.__dict__["last"] = now = time.perf_counter()
    delta = (2 if now - last > 0.002 else 1) * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
