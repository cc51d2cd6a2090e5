"""Its main thread ends by a system call of its own while another goes on for ever.

Expected: timeout
Machine: x86_64
"""

import ctypes
import threading

libc = ctypes.PyDLL(None)
free = ctypes.CDLL(None)


def go_on():
    while True:
        pass


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    threading.Thread(target=go_on, daemon=True).start()
    free.syscall(ctypes.c_long(60), ctypes.c_long(0))
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
