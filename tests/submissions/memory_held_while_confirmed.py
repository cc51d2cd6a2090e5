"""It holds most of its memory until it is killed, also in the processes that confirm its counterexamples.

Expected: failed or timeout
"""

import sys

hog = sys.__dict__.setdefault("hog", [])


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if not hog:
        hog.append(np.ones(20 << 20))
    delta = all_f[-1] - y
    return [delta @ h.T if h.shape[0] == w.shape[1] and delta.shape[0] == w.shape[0] else 0 * w for w, h in zip(all_weights, all_h)], [0 * b for b in all_biases]
