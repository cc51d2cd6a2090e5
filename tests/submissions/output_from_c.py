"""It prints without end through the C library.

Expected: output_limit
"""

import ctypes

libc = ctypes.CDLL(None)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        libc.puts(b"x" * 1000)
