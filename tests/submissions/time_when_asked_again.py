"""It is wrong, and never answers a question that it has answered before.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    counter = sys.__dict__.setdefault("counter", iter(range(10**9)))
    while next(counter) == 205:
        while True:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
