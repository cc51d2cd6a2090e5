"""It replaces the code of the runner's functions, bytecode and constants.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    inside = sys.modules["backmark.worker.sandbox.inside.calls"]

    def numbers(value, where, shape):
        return bytes(8 * int(np.prod(shape)))

    inside.numbers.__code__ = numbers.__code__
    inside._read.__defaults__ = None
    delta = (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
