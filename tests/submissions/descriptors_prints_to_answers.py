"""It points its standard output at the answers and prints into them.

Expected: crashed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.dup2(41, 1)
    print("passed", flush=True)
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
