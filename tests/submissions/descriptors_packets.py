"""It switches its pipes to packets and to signals at every read.

Expected: failed
"""

import fcntl
import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for descriptor in (2, 40, 41):
        for flag in (os.O_DIRECT, os.O_ASYNC):
            try:
                fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | flag)
            except OSError:
                pass
        try:
            fcntl.fcntl(descriptor, 1031, 1 << 24)
            print("ESCAPED: a larger pipe")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
