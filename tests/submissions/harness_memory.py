"""It writes over small integers and constants in memory, so that one and zero are equal.

Expected: failed or error or crashed
"""

import ctypes


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    # The digit of the cached integer 7 becomes 8.
    ctypes.c_uint32.from_address(id(7) + 24).value = 8
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
