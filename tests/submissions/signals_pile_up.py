"""It piles up signals that wait, which the kernel counts for all jails of a user together.

Expected: failed
"""

import ctypes
import os
import signal
import threading

libc = ctypes.CDLL(None, use_errno=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGRTMIN})
    waiting = sum(libc.tgkill(os.getpid(), threading.get_native_id(), int(signal.SIGRTMIN)) == 0 for _ in range(500))
    if waiting > 64:
        print("ESCAPED", waiting)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
