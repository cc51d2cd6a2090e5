"""It keeps data in anonymous files, which no limit on memory counts.

Expected: failed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    try:
        descriptor = os.memfd_create("backmark-escaped")
        print("ESCAPED memfd_create")
        os.write(descriptor, bytes(1 << 20))
    except OSError:
        pass
    if libc.memfd_create(b"backmark-escaped", 1) != -1:
        print("ESCAPED memfd_create in C")
    if libc.syscall(ctypes.c_long(447), ctypes.c_long(0)) != -1:
        print("ESCAPED memfd_secret")
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
