"""It calls vfork, fork and daemon of the C library.

Expected: failed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    here = os.getpid()
    for name in ("fork", "_Fork", "daemon"):
        if not hasattr(libc, name):
            continue
        result = getattr(libc, name)(1, 1)
        if os.getpid() != here:
            os._exit(0)
        if result != -1:
            print("ESCAPED", name)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
