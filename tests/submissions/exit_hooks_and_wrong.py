"""It registers functions to run at its end, which would loop, and answers wrongly.

Expected: failed
"""

import atexit


def hang():
    while True:
        pass


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    atexit.register(hang)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
