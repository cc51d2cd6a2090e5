"""It ends by the system call itself, with the status that bubblewrap reports for a process that was killed.

Expected: failed
Machine: x86_64
"""

import ctypes

import numpy as np

libc = ctypes.CDLL(None)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for number in (60, 231):
        for status in (137, 137 + 256):
            libc.syscall(ctypes.c_long(number), ctypes.c_long(status))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
