"""It takes gigabytes piece by piece from the C library, which raises no MemoryError.

Expected: failed
"""

import ctypes

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
taken = []


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while not taken or taken[-1]:
        taken.append(libc.malloc(ctypes.c_size_t(64 << 20)))
    if len(taken) > 32:
        print("ESCAPED", len(taken))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
