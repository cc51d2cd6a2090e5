"""It returns iterators without an end.

Expected: failed
"""

import itertools


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return itertools.repeat(np.zeros((1, 1))), itertools.repeat(np.zeros((1, 1)))
