"""It asks for new namespaces of every kind, in which it would hold every capability.

Expected: failed
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000, 0x80, 0x400, 0x200):
        if libc.unshare(flag) == 0:
            print("ESCAPED unshare", hex(flag))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
