"""It is wrong, and floods its output only when everything graded has been answered.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    counter = sys.__dict__.setdefault("counter", iter(range(10**9)))
    if next(counter) > 210:
        print("x" * (1 << 22))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
