"""It replaces os.write by one that puts other words in.

Expected: crashed
"""

import os

write = os.write


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.write = lambda descriptor, data: write(descriptor, bytes(data).replace(b"returned", b"verified"))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
