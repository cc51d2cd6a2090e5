"""It returns memory views, bytes and arrays of the standard library.

Expected: failed
"""

import array


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [memoryview(np.zeros_like(w)) for w in all_weights], [array.array("d", bytes(8 * b.size)) for b in all_biases]
